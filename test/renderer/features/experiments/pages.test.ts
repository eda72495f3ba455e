// @vitest-environment happy-dom
import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { h } from 'vue'
import ExperimentPage from '#renderer/features/experiments/ExperimentPage.vue'
import ExperimentsPage from '#renderer/features/experiments/ExperimentsPage.vue'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
import { createFakeStudio, type FakeStudio } from '../../support/fake-studio.ts'

vi.mock('#renderer/ui/charts/echarts.ts', () => ({
  createChart: () => ({
    setOption: () => undefined,
    on: () => undefined,
    dispatchAction: () => undefined,
    resize: () => undefined,
    dispose: () => undefined,
  }),
}))

const soon = { timeout: 20_000 }
let shown: ShownPage
let fake: FakeStudio
beforeEach(() => void (fake = createFakeStudio({ tickMs: 0 })))
afterEach(() => shown.page.unmount())

const show = async (id: string, query = '') => {
  shown = await showPage({ render: () => h(ExperimentPage, { id }) }, fake, `/experiments/${id}${query}`)
  await flushPromises()
}
const text = () => shown.page.text().replaceAll(/\s+/g, ' ')
const cell = (start: string, labels: string) =>
  shown.page.get(`tr[data-start="${start}"] td[data-labels="${labels}"]`).text().replaceAll(/\s+/g, ' ')
const buttonLabels = () => shown.page.findAll('button').map((button) => button.text())
const reportButton = () => shown.page.findAll('button').find((button) => button.text() === 'Report')
const outcome = (id: string) => fake.world.experiments.get(id)!.detail().result
const percent = (share: number) => `${(share * 100).toFixed(1)} %`

test('the list shows status, progress and the best start beside the one from scratch', async () => {
  shown = await showPage(ExperimentsPage, fake, '/experiments')
  await vi.waitFor(() => expect(text()).toContain('glyphs-teachers-1'), soon)
  const row = () => shown.page.get('tr[data-experiment="glyphs-teachers-1"]').text().replaceAll(/\s+/g, ' ')
  expect(row()).toContain('Finished')
  const { starts } = outcome('glyphs-teachers-1').labelSets[0]!
  const best = Math.max(...starts.map(({ top1 }) => top1.mean!))
  const scratch = starts.find(({ start }) => start === 'scratch')!
  await vi.waitFor(() => expect(row()).toContain(`Student of both teachers: ${percent(best)} ±`), soon)
  expect(row()).toContain(`motion-2; From scratch: ${percent(scratch.top1.mean!)} ±`)
  for (const [id, status] of [
    ['glyphs-running', 'Running'],
    ['glyphs-blocked', 'Blocked'],
    ['glyphs-stopped', 'Stopped'],
  ])
    expect(shown.page.get(`tr[data-experiment="${id}"]`).text()).toContain(status)
  expect(shown.page.get('tr[data-experiment="glyphs-blocked"]').text()).toContain('No test yet')
})

test('without experiments the list says what they are for and leads to the form', async () => {
  shown = await showPage(ExperimentsPage, createFakeStudio({ tickMs: 0, isEmpty: true }), '/experiments')
  await vi.waitFor(() => expect(text()).toContain('No experiments yet'), soon)
  expect(shown.page.findAll('a[href="/experiments/launch/teachers"]').length).toBeGreaterThan(0)
})

test('a finished experiment shows means with intervals and paired differences of the API, also to another baseline', async () => {
  await show('glyphs-teachers-1')
  await vi.waitFor(() => expect(text()).toContain('Learning curve, motion-2'), soon)
  const set = outcome('glyphs-teachers-1').labelSets.find(({ labels }) => labels === 'motion-8')!
  const of = (name: string) => set.starts.find(({ start }) => start === name)!
  const both = of('both-student')
  const difference = set.differences.find(({ start, baseline }) => start === 'both-student' && baseline === 'scratch')!
  expect(cell('both-student', 'motion-8')).toContain(
    `${percent(both.top1.mean!)} ± ${(both.top1.interval! * 100).toFixed(1)}`,
  )
  expect(cell('both-student', 'motion-8')).toContain(
    `+${(difference.difference! * 100).toFixed(1)} ± ${(difference.interval! * 100).toFixed(1)}`,
  )
  expect(cell('scratch', 'motion-8')).not.toContain('+')

  await shown.page.get(`button[aria-label="3 seeds: Student of both teachers, motion-8"]`).trigger('click')
  const seeds = shown.page.get('table[aria-label="Seeds of Student of both teachers"]')
  expect(seeds.findAll('tbody tr')).toHaveLength(3)
  expect(seeds.get('a').attributes('href')).toBe(`/runs/${both.seeds[0]!.tests[0]!.runId}`)
  shown.page.unmount()

  await show('glyphs-teachers-1', '?baseline=videomae')
  await vi.waitFor(() => expect(text()).toContain('Learning curve, motion-2'), soon)
  const mean = (first: string, second: string) =>
    of(first).seeds.reduce((sum, { top1 }, index) => sum + top1 - of(second).seeds[index]!.top1, 0) / 3
  expect(cell('scratch', 'motion-8')).toContain(`−${Math.abs(mean('scratch', 'videomae') * 100).toFixed(1)} ±`)
})

test('classes, similarity, frozen features and the chosen values are shown', async () => {
  await show('glyphs-teachers-1')
  await vi.waitFor(() => expect(text()).toContain('Learning curve, motion-2'), soon)
  expect(shown.page.get('section:has([aria-label="Classes"]) tbody').findAll('tr')).toHaveLength(8)
  expect(text()).toContain('Similarity of features over time')
  expect(shown.page.get('[aria-label="Frozen features"]').text()).toContain('Linear probe')
  const grid = shown.page.get('[aria-label="Chosen values"]')
  const chosen = outcome('glyphs-teachers-1').labelSets.find(({ labels }) => labels === 'motion-8')!.starts[0]!.tuning!
  expect(grid.text()).toContain(`rate ${chosen.learningRate}, decay ${chosen.layerDecay}`)
  expect(grid.findAll('.sr-only').length).toBe(5)
})

test('with one seed the page says that there is no interval, no curve and no grid', async () => {
  await show('falls-one-seed')
  await vi.waitFor(() => expect(text()).toContain('one seed, no interval'), soon)
  expect(text()).toContain('With one pre-training seed there is no interval and no test of a difference.')
  expect(text()).toContain('A learning curve needs at least two label sets with the same classes.')
  expect(text()).toContain('there was nothing to choose')
  expect(text()).toContain('This experiment was launched without probes.')
  expect(cell('both-student', 'motion-8')).not.toMatch(/± \d/)
})

test('while it runs, the page says what is not known yet, and follows changes', async () => {
  await show('glyphs-running')
  await vi.waitFor(() => expect(text()).toContain('tests have finished. The figures will change.'), soon)
  expect(shown.page.findAll('button').some((button) => button.text() === 'Stop')).toBe(true)
  expect(text()).toContain('diverged')
  expect(text()).toContain('No start was probed yet.')

  const changed = fake.world.experiments.get('glyphs-running')!.stop()
  fake.world.events.publish('experiments', { type: 'changed', experiment: changed.summary() })
  await vi.waitFor(
    () => expect(shown.page.findAll('button').some((button) => button.text() === 'Resume')).toBe(true),
    soon,
  )
})

test('a blocked experiment names the run, the reason and what to do, and resumes', async () => {
  await show('glyphs-blocked')
  await vi.waitFor(() => expect(text()).toContain('Needs attention (1)'), soon)
  expect(text()).toContain('The distillation needs 14.2 GiB and the machine has 7.8 GiB.')
  expect(text()).toContain('then resume the experiment')
  const link = shown.page.get('a[aria-label^="Open run glyphs-blocked-"]')
  expect(link.attributes('href')).toMatch(/^\/runs\/glyphs-blocked-.*\.distill$/)
  const resume = shown.page.findAll('button').find((button) => button.text() === 'Resume')!
  await resume.trigger('click')
  await vi.waitFor(() => expect(text()).not.toContain('Needs attention'), soon)
  expect(fake.world.experiments.get('glyphs-blocked')!.summary().status).toBe('running')
})

test('a report is written from the page', async () => {
  await show('glyphs-teachers-1')
  await vi.waitFor(() => expect(reportButton()).toBeDefined(), soon)
  await reportButton()!.trigger('click')
  await vi.waitFor(() => expect(document.querySelector('[role="dialog"]')?.textContent).toContain('Write report'), soon)
})

test('while other runs compute, failed ones can be queued again', async () => {
  const blocked = fake.world.experiments.get('glyphs-blocked')!
  const summary = blocked.summary()
  blocked.summary = () => ({ ...summary, status: 'running' })
  await show('glyphs-blocked')
  await vi.waitFor(() => expect(buttonLabels()).toEqual(expect.arrayContaining(['Stop', 'Resume'])), soon)
})

test('an experiment that is not there says so', async () => {
  await show('nothere')
  await vi.waitFor(() => expect(text()).toContain('Experiment not found'), soon)
})
