// @vitest-environment happy-dom
import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import NewExperimentPage from '#renderer/features/experiments/NewExperimentPage.vue'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
import { createFakeStudio, type FakeStudio } from '../../support/fake-studio.ts'

const soon = { timeout: 20_000 }
const address = '/experiments/launch/teachers'
let shown: ShownPage
let fake: FakeStudio
beforeEach(() => {
  sessionStorage.clear()
  fake = createFakeStudio({ tickMs: 0, pauseMs: 0 })
})
afterEach(() => shown.page.unmount())

const text = () => shown.page.text().replaceAll(/\s+/g, ' ')
const button = (label: string) => shown.page.findAll('button').find((other) => other.text() === label)!
const fill = (id: string, value: string) => shown.page.get(`#experiment-${id}`).setValue(value)
const open = async (query: string) => {
  shown = await showPage(NewExperimentPage, fake, address + query)
  await vi.waitFor(() => expect(button('Launch experiment')).toBeDefined(), soon)
}
const runsOf = (phase: string): string[] =>
  shown.page
    .get('table[aria-label="Cost"]')
    .findAll('tbody tr')
    .find((row) => row.get('th').text() === phase)!
    .findAll('td')
    .map((cell) => cell.text())

test('runs of each phase follow the form at once, and durations after one measurement', async () => {
  await open('?dataset=shapes')
  expect(runsOf('Teachers')).toEqual(['6', '–'])
  expect(runsOf('Students')).toEqual(['9', '–'])
  await button('Measure').trigger('click')
  await vi.waitFor(() => expect(button('Measure again')).toBeDefined(), soon)
  await vi.waitFor(() => expect(runsOf('Teachers')[1]).toMatch(/min/), soon)
  const [, before] = runsOf('Total')
  await fill('pretrainingSeeds', '1')
  await flushPromises()
  expect(runsOf('Students')[0]).toBe('3')
  expect(runsOf('Total')[1]).not.toBe(before)
  expect(text()).not.toContain('The configuration has changed since this measurement.')
})

test('problems are listed with the way to their fields, and nothing can be launched', async () => {
  await open('?dataset=shapes')
  await fill('pretrainingSeeds', '0')
  await fill('learningRates', 'fast')
  await vi.waitFor(() => expect(text()).toContain('Fix 2 problems before launching'), soon)
  expect(button('Launch experiment').attributes('disabled')).toBeDefined()
  await button('“fast” is not a number above zero. Separate numbers by commas.').trigger('click')
  expect(document.activeElement?.id).toBe('experiment-learningRates')
})

test('the form survives a reload, and is launched', async () => {
  await open('?dataset=shapes')
  await fill('name', 'mine')
  await fill('layerDecays', '0.6, 0.8')
  await flushPromises()
  shown.page.unmount()

  await open('')
  expect((shown.page.get('#experiment-layerDecays').element as HTMLInputElement).value).toBe('0.6, 0.8')
  await vi.waitFor(() => expect(button('Launch experiment').attributes('disabled')).toBeUndefined(), soon)
  await button('Launch experiment').trigger('click')
  await vi.waitFor(() => expect(shown.router.currentRoute.value.path).toBe('/experiments/mine'), soon)
  expect(fake.world.experiments.get('mine')?.request).toMatchObject({ layerDecays: [0.6, 0.8], dataset: 'shapes' })
})

test('the values of a launched pipeline are taken', async () => {
  await open('?dataset=shapes&from=shapes-demo')
  await vi.waitFor(() => expect(text()).toContain('Values of shapes-demo.'), soon)
  shown.page.unmount()
  await open('')
  expect(text()).toContain('Values of shapes-demo.')
  await fill('run', 'nothere')
  await shown.page.get('form').trigger('submit')
  await vi.waitFor(() => expect(text()).toContain('The configuration could not be taken'), soon)
})

test('without datasets the form leads to an import', async () => {
  fake = createFakeStudio({ tickMs: 0, isEmpty: true })
  shown = await showPage(NewExperimentPage, fake, address)
  await vi.waitFor(() => expect(text()).toContain('An experiment needs a dataset with labels.'), soon)
})
