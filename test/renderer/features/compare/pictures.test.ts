// @vitest-environment happy-dom
import { flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it, test, vi } from 'vitest'
import type { MediaItem } from '#contract/domain/media.ts'
import ComparePage from '#renderer/features/compare/ComparePage.vue'
import { chosenSides, meanError, shownPictures, wipeSides } from '#renderer/features/compare/shown-pictures.ts'
import type { PicturedRun } from '#renderer/features/compare/shown-pictures.ts'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
import { createFakeStudio, type FakeStudio } from '../../support/fake-studio.ts'

let shown: ShownPage | undefined
afterEach(() => {
  vi.useRealTimers()
  shown?.page.unmount()
  shown = undefined
})

const baseline = 'shapes-demo-video-teacher'
const other = 'falls-tiny-video-teacher'
const text = (value: string) => value.replaceAll(/\s+/g, ' ').trim()

/** Two runs of the same clip and mask: one with pictures at steps 0, 100 and 200, one at 0, 90 and 190. */
function twoRuns(change: (item: MediaItem) => MediaItem = (item) => item): FakeStudio {
  const fake = createFakeStudio({ tickMs: 0 })
  const [first, second] = [fake.world.runs.get(baseline)!, fake.world.runs.get(other)!]
  const [item] = first.media
  const at = (step: number): MediaItem => ({
    ...item!,
    step,
    strips: item!.strips.map(({ role }) => ({ role, path: `media/${role}-${step}.webp` })),
  })
  first.media = [at(0), at(100), at(200)]
  second.media = [at(0), at(90), at(190)].map(change)
  const [here, there] = [fake.world.pipelines.get('shapes-demo')!, fake.world.pipelines.get('falls-tiny')!]
  second.run.dataset = first.run.dataset
  there.datasetDigest = here.datasetDigest
  there.configuration.clip = here.configuration.clip
  there.configuration['video-teacher'].normalizeTarget = here.configuration['video-teacher'].normalizeTarget
  return fake
}
async function open(fake: FakeStudio, query = '', ids = `${baseline},${other}`): Promise<ShownPage> {
  shown = await showPage(ComparePage, fake, `/compare?ids=${ids}&tab=pictures${query}`)
  await vi.waitFor(() => expect(shown!.page.find('[aria-label="View"]').exists()).toBe(true), { timeout: 20_000 })
  return shown
}
const cards = ({ page }: ShownPage) => page.findAll('section[aria-label^="Pictures of"]')
const sources = ({ page }: ShownPage) => page.findAll('section img').map((image) => image.attributes('src'))
const addressOf = ({ router }: ShownPage) => router.currentRoute.value.query

test('one slider moves the pictures of all runs to the same step, and names the nearest one of a run without it', async () => {
  const view = await open(twoRuns())
  expect(cards(view).map((card) => text(card.get('p').text()))).toEqual([
    expect.stringMatching(/^step 200 · 87\.5 % masked · frame 1 of 16/),
    expect.stringMatching(/^step 190, nearest to 200 · /),
  ])
  await view.page.get('button[aria-label="Previous step"]').trigger('click')
  await view.page.get('button[aria-label="Previous step"]').trigger('click')
  await vi.waitFor(() => expect(addressOf(view)['step']).toBe('100'))
  expect(sources(view).filter((src) => src?.includes('reconstruction'))).toEqual([
    expect.stringContaining(`${baseline}/media/reconstruction-100.webp`),
    expect.stringContaining(`${other}/media/reconstruction-90.webp`),
  ])
  expect(text(cards(view)[1]!.text())).toContain('step 90, nearest to 100')
  expect(cards(view)[0]!.text()).toContain('baseline')
  expect(view.page.text()).not.toContain('Not the same picture')
})

test('a run with another video and mask ratio is never shown as equal', async () => {
  const view = await open(
    twoRuns((item) => ({ ...item, video: 'fall/1.mp4', mask: item.mask.map((bit, at) => (at % 2 === 0 ? bit : 0)) })),
  )
  expect(text(cards(view)[1]!.text())).toMatch(
    /Not the same picture as that of the baseline: Another video: fall\/1\.mp4, not clips-0\/0004\.mp4\. .* masked, not 87\.5 %\./,
  )
  expect(cards(view)[0]!.text()).not.toContain('Not the same picture')
})

test('the kind and the frame are chosen for all runs, and frames play in lockstep until paused', async () => {
  const view = await open(twoRuns(), '&kind=masked&frame=3&size=224')
  expect(view.page.findAll('figcaption').map((caption) => text(caption.text()))).toEqual(['Masked', 'Masked'])
  const shifts = () =>
    view.page.findAll('section figure img').map((image) => (image.element.parentElement as HTMLElement).style.transform)
  expect(shifts()).toEqual(['translateX(-448px)', 'translateX(-448px)'])
  vi.useFakeTimers()
  await view.page.get('button[aria-label="Play the frames"]').trigger('click')
  await vi.advanceTimersByTimeAsync(260)
  expect(shifts()).toEqual(['translateX(-896px)', 'translateX(-896px)'])
  expect(addressOf(view)['frame']).toBe('3')
  await view.page.get('button[aria-label="Pause"]').trigger('click')
  await vi.advanceTimersByTimeAsync(1000)
  expect(shifts()).toEqual(['translateX(-896px)', 'translateX(-896px)'])
  expect(addressOf(view)['frame']).toBe('5')
})

test('a wipe shows two runs on both sides of a divider that the keyboard moves', async () => {
  const view = await open(twoRuns(), '&view=wipe')
  const divider = view.page.get('[role="slider"][aria-label="Divider"]')
  expect(divider.attributes('aria-valuenow')).toBe('50')
  await divider.trigger('keydown', { key: 'ArrowRight' })
  await divider.trigger('keydown', { key: 'PageUp' })
  expect(divider.attributes('aria-valuenow')).toBe('61')
  expect(divider.attributes('aria-valuetext')).toMatch(
    /^61 % shapes-demo .* Reconstruction, 39 % falls-tiny .* Reconstruction$/,
  )
  await vi.waitFor(() => expect(addressOf(view)['wipe']).toBe('61'))
  const layers = divider.findAll('img').map((image) => image.attributes('src'))
  expect(layers).toEqual([
    expect.stringContaining(`${baseline}/media/reconstruction-200.webp`),
    expect.stringContaining(`${other}/media/reconstruction-190.webp`),
  ])
  expect(view.page.findAll('[aria-label="Frames"] button')).toHaveLength(16)
  await view.page.get('[aria-label="Frames"] button[aria-label="Frame 4"]').trigger('click')
  await vi.waitFor(() => expect(addressOf(view)['frame']).toBe('4'))
  await view.page.get('button[aria-label="Swap the sides"]').trigger('click')
  await flushPromises()
  expect(divider.attributes('aria-valuetext')).toMatch(/^61 % falls-tiny/)
})

test('the wipe of one run puts its reconstruction over the clip', async () => {
  const view = await open(twoRuns(), '&view=wipe', baseline)
  const layers = view.page.get('[aria-label="Divider"]').findAll('img')
  expect(layers.map((image) => image.attributes('src'))).toEqual([
    expect.stringContaining('/media/input-200.webp'),
    expect.stringContaining('/media/reconstruction-200.webp'),
  ])
  expect(view.page.text()).not.toContain('not of the same clip')
})

test('a picture that cannot be loaded says so', async () => {
  const view = await open(twoRuns())
  await view.page.get('section img').trigger('error')
  expect(view.page.get('[role="alert"]').text()).toBe('This picture cannot be loaded.')
})

test('runs without pictures are named, also if the baseline is one', async () => {
  const view = await open(twoRuns(), '', `shapes-demo-finetune,${other}`)
  expect(text(view.page.text())).toContain(
    'No pictures: shapes-demo · Fine-tuning. The baseline is among them, so clips and masks are compared with those of falls-tiny · Video teacher.',
  )
})

const pictures = (fake: FakeStudio, ids: string[]) =>
  ids.map((id, index): PicturedRun => {
    const { run, media } = fake.world.runs.get(id)!
    return { id, index, label: id, run, pipeline: fake.world.pipelines.get(run.pipelineId)!, items: media }
  })

describe('shown pictures', () => {
  const moment = { step: 420, video: undefined, frame: 15 }
  it('clamp the frame to the clip, and differ by kind', () => {
    const [student, image] = shownPictures(
      pictures(createFakeStudio({ tickMs: 0 }), ['shapes-demo-distill', 'shapes-demo-image-teacher']),
      moment,
    )
    expect([student!.frame, image!.frame]).toEqual([15, 0])
    expect(image!.differences.map(({ aspect }) => aspect)).toEqual(['kind', 'frames', 'tokens', 'maskRatio'])
  })
  it('have the difference of mean errors only to a picture of the same clip and mask', () => {
    const fake = createFakeStudio({ tickMs: 0 })
    const runs = pictures(fake, ['shapes-demo-distill', 'shapes-demo-distill'])
    runs[1] = { ...runs[1]!, items: runs[1]!.items.filter(({ step }) => step === 0) }
    const [last, first] = shownPictures(runs, moment)
    expect(meanError(last!, 'error-video', last)?.difference).toBeUndefined()
    expect(meanError(first!, 'error-video', last)?.difference).toBeGreaterThan(0)
    const changed = { ...first!, differences: [{ aspect: 'mask' as const, own: '1', reference: '0' }] }
    expect(meanError(changed, 'error-video', last)?.difference).toBeUndefined()
    expect(meanError(first!, 'reconstruction', last)).toBeUndefined()
  })
  it('are sides of a wipe; an unknown side of an address is replaced by the default', () => {
    const sides = wipeSides(
      shownPictures(pictures(createFakeStudio({ tickMs: 0 }), [baseline, 'shapes-demo-image-teacher']), moment),
    )
    const keys = (left: string, right: string) => {
      const found = chosenSides(sides, left, right)!
      return [found.left.key, found.right.key]
    }
    expect(keys('', 'gone:input')).toEqual([`${baseline}:reconstruction`, 'shapes-demo-image-teacher:reconstruction'])
    expect(keys(`${baseline}:input`, `${baseline}:patch-mean`)).toEqual([`${baseline}:input`, `${baseline}:patch-mean`])
    expect(chosenSides([], '', '')).toBeUndefined()
  })
})
