import type { Locator } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openFakeWindow, type FakeWindow } from './support/fake-window.ts'
import { views } from './support/views.ts'

let fake: FakeWindow
beforeAll(async () => void (fake = await openFakeWindow()))
afterAll(() => fake?.close())

const press = (...keys: string[]) =>
  keys.reduce<Promise<void>>((before, key) => before.then(() => fake.page.keyboard.press(key)), Promise.resolve())
/** The title of the page. Poll it, because pages are loaded lazily. */
const title = () => fake.page.getByRole('heading', { level: 1 }).innerText()
const dialog = () => fake.page.getByRole('dialog')

/** The focused element: its accessible name, whether it has a focus ring, and whether it is visible. */
interface Stop {
  name: string
  hasRing: boolean
  isInSight: boolean
  isInDialog: boolean
}
const focusedStop = `(() => {
  const element = document.activeElement
  if (element === null || element === document.body) return null
  const label = element.labels?.[0]?.textContent ?? element.closest('label')?.textContent
  const named = (element.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ')
  // A hidden radio button shows its ring on the card around it.
  const ringed = [element, ...(element.matches('input[type=radio]') ? [element.closest('label')] : [])].filter(Boolean).map((each) => getComputedStyle(each))
  const { top, bottom, left, right } = element.getBoundingClientRect()
  return {
    name: (element.getAttribute('aria-label') ?? (named.trim() || element.textContent.trim() || label || element.title || '')).trim(),
    hasRing: ringed.some((style) => (style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 2) || / 0px 0px 0px [1-9]\\S*px/.test(style.boxShadow)),
    isInSight: bottom > 0 && top < innerHeight && right > 0 && left < innerWidth,
    isInDialog: element.closest('[role=dialog]') !== null,
  }
})()`
const focused = (): Promise<Stop | null> => fake.page.evaluate(focusedStop)

/** Presses Tab, or another key, until `locator` has the focus. */
async function tabTo(locator: Locator, key = 'Tab'): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if (await locator.evaluate((element) => element === element.ownerDocument.activeElement)) return
    await press(key)
  }
  throw new Error(
    `60 times ${key} never reached ${locator.toString()}; the focus is on ${JSON.stringify(await focused())}.`,
  )
}

const pages = ['Datasets', 'New pipeline', 'Runs', 'Compare', 'Checkpoints', 'Settings']
test('every page is reached by Tab and Enter, and by its chord', async () => {
  await fake.show('/datasets')
  for (const name of pages.toReversed()) {
    await tabTo(fake.page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }), 'Shift+Tab')
    await press('Enter')
    await expect.poll(title).toBe(name)
  }
  for (const [index, key] of ['d', 'n', 'r', 'c', 'k', 's'].entries()) {
    await press('g', key)
    await expect.poll(title).toBe(pages[index])
  }
})

const walked = views.filter(({ name }) =>
  [
    'datasets',
    'dataset-changed',
    'pipeline',
    'runs',
    'run-distill-curves',
    'run-distill-pictures',
    'run-failed',
    'compare-mixed-curves',
    'compare-mixed-configuration',
    'checkpoint',
    'settings',
  ].includes(name),
)
test.each(walked)('$name: every stop of the Tab key has a name, a focus ring and is visible', async ({ path, act }) => {
  await fake.show(path)
  await act?.(fake.page)
  const stops: Stop[] = []
  for (let stop = await next(); stop !== null && stops.length < 40; stop = await next()) stops.push(stop)
  expect(stops.length).toBeGreaterThan(2)
  expect(stops.filter((stop) => stop.name === '' || !stop.hasRing || !stop.isInSight)).toEqual([])
})
async function next(): Promise<Stop | null> {
  await press('Tab')
  return focused()
}

test.each([
  { name: 'import', path: '/datasets', opener: 'Import folder' },
  { name: 'removal', path: '/datasets/bed-falls', opener: 'Remove' },
  { name: 'choice of runs', path: '/compare', opener: 'Choose runs' },
  { name: 'export', path: '/checkpoints?id=shapes-demo-distill@420', opener: 'Export' },
  { name: 'search', path: '/runs', opener: /^Search/ },
  { name: 'help', path: '/runs', opener: 'Keyboard shortcuts' },
])('the dialog $name traps the focus, closes with Escape and restores the focus', async ({ path, opener }) => {
  await fake.show(path)
  const button = fake.page.getByRole('button', { name: opener, exact: typeof opener === 'string' }).first()
  await button.focus()
  await press('Enter')
  await dialog().waitFor()
  for (let presses = 0; presses < 15; presses++) expect(await next()).toMatchObject({ isInDialog: true })
  await press('Escape')
  await dialog().waitFor({ state: 'hidden' })
  await expect.poll(() => button.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true)
})

test('arrow keys move between rows of datasets, runs and checkpoints, and Enter opens them', async () => {
  const { page, show } = fake
  await show('/datasets')
  await tabTo(page.getByRole('link', { name: 'bed-falls' }))
  await press('ArrowDown', 'Enter')
  await expect.poll(title).toContain('shapes')

  await show('/runs')
  await tabTo(page.locator('tr[data-run]').first())
  await press('ArrowDown', 'ArrowDown', 'ArrowUp', 'Enter')
  await expect.poll(title).toContain('Video teacher')

  await show('/checkpoints')
  await tabTo(page.getByRole('button', { name: /^Open checkpoint at step/ }).first())
  await press('ArrowDown', 'Enter')
  await expect.poll(title).toContain('Video teacher, step 75')
})

test('a pipeline is configured and launched by keyboard', async () => {
  const { page, show } = fake
  await show('/pipelines/new')
  await tabTo(page.getByLabel('Dataset', { exact: true }))
  await press('Enter')
  await tabTo(page.getByRole('option', { name: /^bed-falls/ }))
  await press('ArrowDown')
  await tabTo(page.getByRole('option', { name: /^shapes/ }))
  await press('Enter')
  await page.getByLabel('Dataset', { exact: true }).getByText('shapes').waitFor()
  await tabTo(page.getByRole('radio', { name: /^Tiny/ }))
  await press('ArrowRight')
  await expect.poll(() => page.getByRole('radio', { name: /^Demo/ }).isChecked()).toBe(true)
  await tabTo(page.getByRole('tab', { name: 'General' }))
  await press('ArrowRight')
  await tabTo(page.getByLabel('Frames', { exact: true }))
  await press('Control+a')
  await page.keyboard.type('6')
  await page.getByText('Frames per clip. Whole number from 2 to 128.').last().waitFor()

  // Another preset would replace that change: a dialog asks first, and Escape keeps the change.
  const demo = page.getByRole('radio', { name: /^Demo/ })
  await tabTo(demo, 'Shift+Tab')
  await press('ArrowLeft')
  await dialog().getByText('1 changed value').waitFor()
  await press('Escape')
  await dialog().waitFor({ state: 'hidden' })
  expect(await demo.isChecked()).toBe(true)

  await tabTo(page.getByRole('button', { name: 'Launch pipeline' }))
  await press('Enter')
  await expect.poll(title).toContain('Runs')
  await page.getByText('shapes-demo-5', { exact: true }).waitFor()
})

test('arrow keys operate tabs, the step slider and the patches of a run', async () => {
  const { page, show } = fake
  await show('/runs/shapes-demo-distill')
  await tabTo(page.getByRole('tab', { name: 'Curves' }))
  await press('ArrowRight')
  await page.getByRole('region', { name: 'Pictures of clips-0/0004.mp4 at step 420' }).waitFor()
  await tabTo(page.getByRole('slider', { name: 'Step of the pictures' }))
  await press('Home')
  const first = page.getByRole('region', { name: 'Pictures of clips-0/0004.mp4 at step 0' })
  await first.waitFor()
  await tabTo(first)
  await press('ArrowRight', 'ArrowRight')
  await expect.poll(() => page.getByRole('tabpanel').innerText()).toMatch(/^Frame 1, row 1, column 2: /m)
})

test('the search opens a run', async () => {
  await fake.show('/settings')
  await press('Control+k')
  await dialog().getByRole('option').first().waitFor()
  await fake.page.keyboard.type('scratch test')
  // The list follows the keys with a delay, and Enter opens the highlighted option.
  const highlighted = dialog().locator('[role=option][data-highlighted]')
  await expect.poll(() => highlighted.allInnerTexts()).toEqual([expect.stringContaining('shapes-scratch · Test')])
  await press('Enter')
  await expect.poll(title).toContain('Test')
  expect(new URL(fake.page.url()).pathname).toBe('/runs/shapes-scratch-evaluate')
})
