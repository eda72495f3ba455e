import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MediaItem } from '#contract/domain/media.ts'
import type { FakeWorld } from '../renderer/support/fake-world.ts'
import { openFakeWindow, type FakeWindow } from './support/fake-window.ts'

const [first, second] = ['shapes-demo-video-teacher', 'falls-tiny-video-teacher']

/** Two video teachers of the same clip with pictures at steps 0, 100, 200 and 0, 90, 190. */
function makeComparable({ runs, pipelines }: FakeWorld): void {
  const [one, other] = [runs.get(first)!, runs.get(second)!]
  const [item] = one.media
  const at = (step: number): MediaItem => ({
    ...item!,
    step,
    strips: item!.strips.map(({ role }) => ({ role, path: `media/${role}-${step}.webp` })),
  })
  one.media = [0, 100, 200].map(at)
  other.media = [0, 90, 190].map(at)
  other.run.dataset = one.run.dataset
  pipelines.get('falls-tiny')!.datasetDigest = pipelines.get('shapes-demo')!.datasetDigest
  const [configuration, changed] = [
    pipelines.get('shapes-demo')!.configuration,
    pipelines.get('falls-tiny')!.configuration,
  ]
  changed.clip = configuration.clip
  changed['video-teacher'].normalizeTarget = configuration['video-teacher'].normalizeTarget
}

let fake: FakeWindow
beforeAll(async () => void (fake = await openFakeWindow(makeComparable)))
afterAll(() => fake?.close())

const address = () => new URL(fake.page.url()).searchParams
/** Names of the reconstructions that are loaded and shown. */
const reconstructions = () =>
  fake.page
    .getByRole('img', { name: /^Reconstruction, / })
    .evaluateAll((images) =>
      images
        .filter((image) => 'naturalWidth' in image && Number(image.naturalWidth) > 0)
        .map((image) => image.getAttribute('src')?.split('/').at(-1)),
    )

test('two runs are chosen, one slider moves both to a step, the wipe is moved by keyboard, and Back restores all', async () => {
  const { page, show } = fake
  await page.setViewportSize({ width: 1280, height: 900 })
  await show('/compare?tab=pictures')
  await page.getByRole('button', { name: 'Choose runs' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('checkbox', { name: 'shapes-demo, Video teacher' }).click()
  await dialog.getByRole('checkbox', { name: 'falls-tiny, Video teacher' }).click()
  await dialog.getByRole('button', { name: 'Compare' }).click()
  await dialog.waitFor({ state: 'hidden' })

  // The newest step, then the next earlier one of the run that has it; the other names its nearest.
  const other = page.getByRole('region', { name: 'Pictures of falls-tiny · Video teacher' })
  await other.getByText('step 190, nearest to 200').waitFor()
  await page.getByRole('slider', { name: 'Step of the pictures' }).focus()
  await page.keyboard.press('ArrowLeft')
  await page.keyboard.press('ArrowLeft')
  await other.getByText('step 90, nearest to 100').waitFor()
  await expect.poll(reconstructions).toEqual(['reconstruction-100.webp', 'reconstruction-90.webp'])
  expect(await page.getByText('Not the same picture').count()).toBe(0)

  // A wipe of both reconstructions.
  await page.getByRole('button', { name: 'Wipe', exact: true }).click()
  const divider = page.getByRole('slider', { name: 'Divider' })
  await divider.focus()
  await page.keyboard.press('PageUp')
  await page.keyboard.press('ArrowRight')
  await expect.poll(() => address().get('wipe')).toBe('61')
  const box = (await divider.boundingBox())!
  await page.mouse.move(box.x + box.width * 0.61, box.y + 20)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.25, box.y + 20, { steps: 4 })
  await page.mouse.up()
  await expect.poll(async () => Number(await divider.getAttribute('aria-valuenow'))).toBeCloseTo(25, 0)
  await page.getByRole('button', { name: 'Frame 6', exact: true }).click()
  await expect.poll(() => address().get('frame')).toBe('6')
  const state = address().toString()

  await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Settings' }).click()
  await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor()
  await page.goBack()
  await divider.waitFor()
  expect(address().toString()).toBe(state)
  expect(Number(await divider.getAttribute('aria-valuenow'))).toBeCloseTo(25, 0)
  await page.getByRole('button', { name: 'Frame 6', exact: true, pressed: true }).waitFor()
  expect(await divider.getAttribute('aria-valuetext')).toMatch(
    /shapes-demo · Video teacher · Reconstruction, .*falls-tiny/,
  )
})
