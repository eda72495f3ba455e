// @vitest-environment happy-dom
import { flushPromises } from '@vue/test-utils'
import { afterEach, expect, test, vi } from 'vitest'
import { readStepKey, stepKey } from '#contract/query/metric-keys.ts'
import RunsPage from '#renderer/features/runs/RunsPage.vue'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
import { addRuns } from '../../support/fake-many.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'

const soon = { timeout: 20_000 }

let shown: ShownPage
afterEach(() => shown?.page.unmount())
const row = (id: string) => shown.page.get(`[data-run="${id}"]`)
const entry = () =>
  [...document.querySelectorAll<HTMLElement>('[role="menuitem"]')].find((each) =>
    each.textContent?.includes('Show at a step…'),
  )
const input = () => document.querySelector<HTMLInputElement>('[role="dialog"] input')

test('a key of a value at a step is read as it was written', () => {
  expect(stepKey('train/loss', 500)).toBe('train.loss.at-500')
  expect(readStepKey('train.loss.at-500')).toEqual({ metricKey: 'train.loss', step: 500 })
  expect([readStepKey('train.loss'), readStepKey('train.loss.at-best-validation')]).toEqual([undefined, undefined])
})

test('a column shows the value at a step of all runs, and names the step of an earlier one', async () => {
  const fake = createFakeStudio({ tickMs: 0, isEmpty: true })
  const [short, long] = [
    ...addRuns(fake.world, { pipelines: 1, points: 50, prefix: 'short' }),
    ...addRuns(fake.world, { pipelines: 1, points: 200, prefix: 'long' }),
  ] as [string, string]
  const { run, curves } = fake.world.runs.get(long)!
  const curve = curves.get('train/loss')!
  // Every tenth step is recorded.
  curve.steps = curve.steps.map((step) => 10 * step)
  run.summaries.find(({ name }) => name === 'train/loss')!.lastStep = curve.steps.at(-1)!
  shown = await showPage(RunsPage, fake, '/runs?columns=train.loss.at-105&group=dataset')
  const value = (id: string, index: number) =>
    Number(fake.world.runs.get(id)!.curves.get('train/loss')!.values[index]!.toPrecision(4))
  await vi.waitFor(() => expect(row(long).text()).toContain(`${value(long, 10)}@100`), soon)
  expect(row(short).text()).toContain(`${value(short, 49)}@49`)
  const header = shown.page.get('th[data-column="train.loss.at-105"]')
  expect(header.text()).toMatch(/Training loss\s*at step 105/)
  expect(row(long).get('td[title]').attributes('title')).toBe('Recorded at step 100: the last value up to step 105.')
  const mean = shown.page.get('.runs-group td[title*="Mean"]')
  expect(mean.attributes('title')).toContain('2 values are from earlier steps.')
})

test('the step of a column is chosen in a dialog', async () => {
  shown = await showPage(RunsPage, createFakeStudio({ tickMs: 0 }), '/runs?columns=train.loss')
  const header = shown.page.get('th[data-column="train.loss"]')
  header.get('[data-header]').element.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }))
  await vi.waitFor(() => expect(entry()).toBeDefined(), soon)
  entry()!.click()
  await flushPromises()
  await vi.waitFor(() => expect(input()).not.toBeNull(), soon)
  input()!.value = '100'
  for (const event of ['input', 'change', 'blur']) input()!.dispatchEvent(new Event(event))
  await flushPromises()
  input()!.form!.dispatchEvent(new Event('submit', { cancelable: true }))
  await vi.waitFor(() => expect(shown.router.currentRoute.value.query['columns']).toBe('train.loss.at-100'), soon)
})
