// @vitest-environment happy-dom
import { flushPromises } from '@vue/test-utils'
import { afterEach, expect, test, vi } from 'vitest'
import { h } from 'vue'
import DatasetPage from '#renderer/features/datasets/DatasetPage.vue'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
import { falls } from '../../support/fake-data.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'

let shown: ShownPage
afterEach(() => shown.page.unmount())

async function open() {
  const studio = createFakeStudio({ tickMs: 0, pauseMs: 1 })
  shown = await showPage({ render: () => h(DatasetPage, { name: falls.name }) }, studio, `/datasets/${falls.name}`)
  await vi.waitFor(() => expect(panel().text()).toContain('43 of 86 videos decoded'), soon)
}

/** The machine may be busy. */
const soon = { timeout: 20_000 }
const panel = () =>
  shown.page.findAll('section').find((section) => section.text().startsWith('Integrity of the files')) ??
  shown.page.get('section')
const button = (label: string) =>
  panel()
    .findAll('button')
    .find((one) => (one.attributes('aria-label') ?? one.text()) === label)!

test('files with a verdict are listed, left out of new runs, and taken back', async () => {
  await open()
  const verdict = 'Looks the same as another video'
  await button(verdict).trigger('click')
  await vi.waitFor(() => expect(panel().text()).toContain('It is in another split.'), soon)
  await button('Exclude 2 with a copy in another split').trigger('click')
  await vi.waitFor(() => expect(panel().text()).toContain('2 of 3 samples excluded'), soon)
  await button(`Exclude: ${verdict}`).trigger('click')
  await vi.waitFor(() => expect(panel().text()).toContain('New runs leave out 3 samples'), soon)
  expect(button(`Exclude: ${verdict}`)).toBeUndefined()
  await button('Undo the last exclusion').trigger('click')
  await vi.waitFor(() => expect(panel().text()).toContain('New runs leave out 2 samples'), soon)
})

test('a verification shows its progress until all videos are decoded', async () => {
  await open()
  await button('Continue decoding').trigger('click')
  await vi.waitFor(() => expect(panel().text()).toContain('86 of 86 videos decoded'), soon)
  await flushPromises()
  expect(button('Decode again').exists()).toBe(true)
})
