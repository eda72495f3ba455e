import { afterAll, beforeAll, expect, test } from 'vitest'
import { addRuns } from '../renderer/support/fake-many.ts'
import { openFakeWindow, type FakeWindow } from './support/fake-window.ts'
import { focusFilter } from './support/page.ts'

let fake: FakeWindow
/** 20 runs with curves, and many without. */
let drawn: string[]
let ids: string[]
beforeAll(async () => {
  fake = await openFakeWindow((world) => {
    drawn = addRuns(world, { pipelines: 20, points: 300, metrics: 6, prefix: 'curve' })
    ids = addRuns(world, { pipelines: 1000 })
  })
})
afterAll(() => fake?.close())

const wide = { width: 1440, height: 900 }

test('a cursor move over 20 runs writes only the rows of the legend that are visible', async () => {
  const { page, show } = fake
  await page.setViewportSize(wide)
  await show(`/compare?ids=${drawn.join(',')}`)
  const plot = page.locator('figure .u-over').first()
  await plot.waitFor()
  const rows = page.getByRole('region', { name: 'Legend' }).locator('li button[aria-label^=Draw]')
  expect(await rows.count()).toBe(20)
  const box = (await plot.boundingBox())!
  await page.mouse.move(box.x + 40, box.y + 40)
  await page
    .getByText(/^At the cursor/)
    .first()
    .waitFor()
  const changes = await page.evaluate<number>(
    `(() => { globalThis.seen = 0; new MutationObserver((list) => (globalThis.seen += list.length)).observe(document.querySelector('#main'), { subtree: true, childList: true, characterData: true }) })(), 0`,
  )
  await page.mouse.move(box.x + 80, box.y + 40)
  await expect.poll(() => page.evaluate<number>('globalThis.seen')).toBeGreaterThan(changes)
  // A value in each row of the one legend, its position, and the readouts of six charts.
  expect(await page.evaluate<number>('globalThis.seen')).toBeLessThanOrEqual((20 + 1 + 6 * 3) * 2)
})

test('of a thousand runs the dialog renders the visible ones, and scrolls to the last', async () => {
  const { page, show } = fake
  await show('/compare')
  await page.getByRole('button', { name: 'Choose runs' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.locator('label').first().waitFor()
  expect(await dialog.locator('label').count()).toBeLessThan(60)
  await dialog.locator('[data-scrolls]').evaluate((box) => box.scrollTo({ top: box.scrollHeight }))
  await dialog.getByText(ids.at(-1)!.replace('-finetune', '')).waitFor()
})

test('the list of runs renders visible rows, and the End key focuses the last', async () => {
  const { page, show } = fake
  await show('/runs')
  await page.locator('tr[data-run]').first().focus()
  expect(await page.locator('tr[data-run]').count()).toBeLessThan(60)
  await page.keyboard.press('End')
  await expect.poll(() => page.evaluate<string>('document.activeElement.dataset.run ?? ""')).toBe(ids.at(-1))
})

test('filter, tab, smoothing, scale and zoom survive Back and reload', async () => {
  const { page, show } = fake
  await show('/runs')
  await focusFilter(page)
  await page.keyboard.type('shapes-demo')
  await expect.poll(() => new URL(page.url()).search).toBe('?filter=shapes-demo')
  await page.getByRole('link', { name: 'Distillation' }).click()
  await page.getByRole('application', { name: /^Training loss.* at step/ }).waitFor()
  await page.getByRole('switch', { name: 'Log scale' }).click()
  await page.getByRole('slider').first().press('ArrowRight')
  await page.getByRole('application', { name: /^Training loss/ }).press('+')
  await expect.poll(() => new URL(page.url()).search).toMatch(/log=1.*smoothing=0\.01.*zoom=\d+~\d+/)
  await page.reload()
  await page.getByRole('button', { name: /^Reset zoom/ }).waitFor()
  expect(await page.getByRole('switch', { name: 'Log scale' }).isChecked()).toBe(true)
  await page.goBack()
  await expect.poll(() => page.getByRole('combobox', { name: 'Filter runs' }).inputValue()).toBe('shapes-demo')
})

test('the keys of a chart move the cursor of every chart', async () => {
  const { page, show } = fake
  await show('/compare?ids=shapes-demo-finetune,shapes-scratch-finetune')
  const chart = page.getByRole('application', { name: /^Training loss.* at step/ })
  await chart.focus()
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowRight')
  await page.getByText('At the cursor, step 1', { exact: true }).waitFor()
  // The line of the cursor is drawn in every visible chart.
  await expect.poll(() => page.locator('figure .u-cursor-x:not(.u-off)').count()).toBeGreaterThan(1)
  await page.locator('figure [aria-live]').filter({ hasText: 'step 1:' }).first().waitFor({ state: 'attached' })
  // The chart in use is drawn at once, the others after it.
  const drawings = () =>
    page.evaluate<string[]>(`[...document.querySelectorAll('figure .u-wrap > canvas')].map((each) => each.toDataURL())`)
  const before = await drawings()
  await page.keyboard.press('+')
  await page.getByRole('button', { name: /^Reset zoom/ }).waitFor()
  await expect.poll(async () => (await drawings()).filter((drawing, at) => drawing === before[at])).toEqual([])
})

test('a narrow window scrolls sideways, and a wide one has four charts in a row', async () => {
  const { page, show } = fake
  await page.setViewportSize({ width: 800, height: 700 })
  await show('/runs')
  expect(
    await page.evaluate<boolean>(
      `[...document.querySelectorAll('*')].some((box) => box.scrollWidth > box.clientWidth && ['auto', 'scroll'].includes(getComputedStyle(box).overflowX) && box.contains(document.querySelector('#main')))`,
    ),
  ).toBe(true)
  await page.setViewportSize({ width: 1920, height: 1080 })
  await show('/compare?ids=shapes-demo-finetune,shapes-scratch-finetune')
  await page.locator('figure canvas').nth(3).waitFor()
  const tops = await page.locator('figure').evaluateAll((all) => all.map((each) => each.getBoundingClientRect().top))
  expect(tops.filter((top) => top === tops[0])).toHaveLength(4)
})
