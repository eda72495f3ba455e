// @vitest-environment happy-dom
import { flushPromises } from '@vue/test-utils'
import { afterEach, expect, test, vi } from 'vitest'
import { h } from 'vue'
import DatasetPage from '#renderer/features/datasets/DatasetPage.vue'
import { binFilter, withTerm } from '#renderer/features/datasets/histogram.ts'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
import { falls, shapes } from '../../support/fake-data.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'

let shown: ShownPage
afterEach(() => shown.page.unmount())

async function open(name: string, search = '') {
  shown = await showPage(
    { render: () => h(DatasetPage, { name }) },
    createFakeStudio({ tickMs: 0 }),
    `/datasets/${name}${search}`,
  )
  await flushPromises()
  return shown.page
}

test('the page of a dataset reads its first clips and its unused files', async () => {
  const page = await open(falls.name)
  expect(page.text()).toContain('86 of 86 videos')
  expect(page.findAll('button[aria-pressed][aria-label*=".mp4"]').length).toBeGreaterThan(0)
  expect(page.text()).toContain('fall/clip-031.mp4')
})

test('the actions of a clip are there if it has the pointer or is the one that the Tab key reaches', async () => {
  const page = await open(falls.name)
  const actions = () => page.findAll('button[aria-label^="Play "]').map((button) => button.attributes('tabindex'))
  expect(actions()).toEqual(['0'])
  const other = page.findAll('[data-index] > div')[3]!
  await other.trigger('mouseenter')
  expect(actions()).toEqual(['0'])
  await vi.waitFor(() => expect(actions()).toEqual(['0', '-1']))
  await other.trigger('mouseleave')
  expect(actions()).toEqual(['0'])
})

test('class, split and filter select clips', async () => {
  const page = await open(shapes.name, '?labels=motion&class=none&split=train')
  const unlabelled = shapes.balance.find(({ labelSet, label }) => labelSet === 'motion' && label === null)!
  expect(page.text()).toContain(`${unlabelled.train} of 480 videos`)
  await page.get('input[role="combobox"]').setValue('path:clips-1 frames < 4')
  await vi.waitFor(() => expect(page.text()).toContain('No video matches the filter.'))
})

test('the order of the clips is chosen, turned and kept in the address', async () => {
  const page = await open(falls.name, '?sort=-size')
  const shownFiles = () =>
    page
      .findAll('button[aria-pressed][aria-label*=".mp4"]')
      .map((tile) => falls.samples.find(({ video }) => tile.attributes('aria-label')?.endsWith(video.path)))
      .map((sample) => sample?.video.sizeBytes ?? 0)
  const bySize = falls.samples.map(({ video }) => video.sizeBytes).toSorted((a, b) => a - b)
  expect(shownFiles()).toEqual(bySize.toReversed().slice(0, shownFiles().length))
  await page
    .findAll('button')
    .find((button) => button.text() === 'Descending')!
    .trigger('click')
  await flushPromises()
  expect(shownFiles()).toEqual(bySize.slice(0, shownFiles().length))
  expect(shown.router.currentRoute.value.query['sort']).toBe('size')
})

test('a bar of a distribution selects its clips', async () => {
  const page = await open(falls.name)
  await page
    .findAll('button')
    .find((button) => button.text() === 'Distributions')!
    .trigger('click')
  await flushPromises()
  await page.get('[role="group"][aria-label="Frames"] button').trigger('click')
  expect(page.get<HTMLInputElement>('input[role="combobox"]').element.value).toBe('frames = 148')
})

/** The machine may be busy. */
const soon = { timeout: 20_000 }
const dialogText = () => document.querySelector('[role="dialog"]')?.textContent ?? ''

test('what the model sees of a training clip is shown frame by frame, and an epoch that leaves it out says so', async () => {
  const page = await open(shapes.name, '?split=train')
  await page.get('button[aria-label^="As the model sees"]').trigger('click')
  const told = 'Step 3, sample 5 of the step · 50 % of the tokens are masked'
  await vi.waitFor(() => expect(dialogText()).toContain(told), soon)
  const names = [...document.querySelectorAll('[role="dialog"] [role="img"][aria-label]')].map((frame) =>
    frame.getAttribute('aria-label'),
  )
  expect(names).toHaveLength(3 * 8)
  expect(names.at(-1)).toBe('With the mask, Frame 32')
  const epoch = document.querySelector<HTMLInputElement>('#seen-epoch')!
  epoch.value = '7'
  epoch.dispatchEvent(new Event('input', { bubbles: true }))
  epoch.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
  epoch.dispatchEvent(new FocusEvent('blur'))
  await vi.waitFor(() => expect(dialogText()).toContain('Epoch 7 does not take this sample'), soon)
})

test('splits that were drawn are drawn again, and the counts of the new split set are shown', async () => {
  const page = await open(falls.name)
  const draw = page.findAll('button').find((button) => button.text() === 'Draw splits again')!
  await draw.trigger('click')
  await vi.waitFor(() => expect(document.querySelector('[role="dialog"] form')).not.toBeNull(), soon)
  document.querySelector('[role="dialog"] form')!.dispatchEvent(new Event('submit', { cancelable: true }))
  await vi.waitFor(() => expect(dialogText()).toContain('The split set drawn-2 was drawn.'), soon)
  expect(dialogText()).toContain('Videos per class')
})

test('the filter of a bar is added to a filter', () => {
  const bins = [
    { from: 1, to: 2.5, count: 3 },
    { from: 2.5, to: 4, count: 1 },
  ]
  expect([0, 1].map((index) => binFilter('fps', bins, index))).toEqual(['fps >= 1 fps < 2.5', 'fps >= 2.5 fps <= 4'])
  expect(withTerm(' ', 'fps = 5')).toBe('fps = 5')
  expect(withTerm('split:train', 'fps = 5')).toBe('split:train fps = 5')
  expect(withTerm('split:train or walk', 'fps = 5')).toBe('(split:train or walk) fps = 5')
})
