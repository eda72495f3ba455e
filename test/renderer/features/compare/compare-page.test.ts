// @vitest-environment happy-dom
import { flushPromises } from '@vue/test-utils'
import { afterEach, expect, test, vi } from 'vitest'
import ComparePage from '#renderer/features/compare/ComparePage.vue'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
import { addRuns } from '../../support/fake-many.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'

/** Long enough for a machine that is busy with other things. */
const soon = { timeout: 20_000 }

let shown: ShownPage
afterEach(() => shown.page.unmount())

const tests = 'shapes-demo-evaluate,shapes-scratch-evaluate'
const chips = () =>
  shown.page.findAll('[aria-label="Compared runs"] > li').map((chip) => chip.text().replaceAll(/\s+/g, ' '))
const click = (text: string, within: ParentNode) =>
  [...within.querySelectorAll<HTMLElement>('button')]
    .find((candidate) => candidate.textContent?.trim() === text)!
    .click()

test('two tests are compared with the first', async () => {
  shown = await showPage(ComparePage, createFakeStudio({ tickMs: 0 }), `/compare?ids=${tests}&tab=metrics`)
  const top1 = shown.page
    .get('[aria-label="Test results"]')
    .findAll('tr')
    .find((row) => row.text().startsWith('Top-1'))!
  expect(top1.findAll('td').map((cell) => cell.text().replaceAll(/\s+/g, ' '))).toEqual(['78.3 %', '−44.0 34.3 %', ''])
})

test('another baseline changes the differences', async () => {
  shown = await showPage(ComparePage, createFakeStudio({ tickMs: 0 }), `/compare?ids=${tests}&tab=metrics`)
  await shown.page.get('button[aria-label="Use shapes-scratch · Test as baseline"]').trigger('click')
  await flushPromises()
  expect(shown.router.currentRoute.value.query.ids).toBe('shapes-scratch-evaluate,shapes-demo-evaluate')
  expect(chips()[0]).toMatch(/shapes-scratch Test.*baseline/)
  expect(shown.page.get('[aria-label="Test results"]').text()).toContain('+44.0')
})

test('the configuration shows differences only, or all values on request', async () => {
  shown = await showPage(
    ComparePage,
    createFakeStudio({ tickMs: 0 }),
    `/compare?ids=shapes-demo-finetune,falls-tiny-finetune&tab=configuration`,
  )
  const rows = () => shown.page.get('[aria-label="Configuration"]').findAll('tbody tr').length
  const few = rows()
  expect(shown.page.get('[aria-label="Configuration"]').text()).toMatch(/Dataset.*shapes.*bed-falls/)
  await shown.page.get('button[role="switch"]').trigger('click')
  expect(rows()).toBeGreaterThan(few)
})

test('runs are chosen in a dialog, which keeps the current ones', async () => {
  shown = await showPage(ComparePage, createFakeStudio({ tickMs: 0 }), '/compare?ids=shapes-demo-finetune&tab=metrics')
  click('Choose runs', document)
  await vi.waitFor(() => expect(document.querySelector('[role="dialog"]')).not.toBeNull(), soon)
  const dialog = document.querySelector<HTMLElement>('[role="dialog"]')!
  expect(dialog.querySelector<HTMLInputElement>('[aria-label="shapes-demo, Fine-tuning"]')?.checked).toBe(true)
  dialog.querySelector<HTMLElement>('[aria-label="shapes-scratch, Fine-tuning"]')!.click()
  await flushPromises()
  click('Compare', dialog)
  await vi.waitFor(() => expect(chips()).toHaveLength(2), soon)
  expect(shown.router.currentRoute.value.query).toEqual({
    ids: 'shapes-demo-finetune,shapes-scratch-finetune',
    tab: 'metrics',
  })
})

test('a missing run is reported, and the others are shown', async () => {
  shown = await showPage(
    ComparePage,
    createFakeStudio({ tickMs: 0 }),
    '/compare?ids=gone,shapes-demo-finetune&tab=metrics',
  )
  expect(shown.page.text()).toContain('Not found: gone')
  expect(chips()).toHaveLength(1)
})

test('of a thousand runs the dialog renders only the visible ones', async () => {
  const fake = createFakeStudio({ tickMs: 0 })
  addRuns(fake.world, { pipelines: 1000 })
  shown = await showPage(ComparePage, fake, '/compare?ids=shapes-demo-finetune&tab=metrics')
  click('Choose runs', document)
  await vi.waitFor(() => expect(document.querySelector('[role="dialog"] label')).not.toBeNull(), soon)
  expect(document.querySelectorAll('[role="dialog"] label').length).toBeLessThan(60)
})

test('the metrics show their differences to the baseline', async () => {
  shown = await showPage(
    ComparePage,
    createFakeStudio({ tickMs: 0 }),
    '/compare?ids=shapes-demo-finetune,shapes-scratch-finetune&tab=metrics',
  )
  const table = shown.page.get('[aria-label="Metrics"]')
  expect(table.get('thead').text()).toMatch(/^Metric\s*baseline\s*Fine-tuning/)
  const top1 = table.findAll('tr').find((row) => row.text().startsWith('Validation top-1'))!
  expect(top1.findAll('td').map((cell) => cell.text().replaceAll(/\s+/g, ' '))).toEqual(['76.4 %', '−1.5 74.9 %', ''])
})

test('the environment shows what differs, and what was not recorded', async () => {
  shown = await showPage(
    ComparePage,
    createFakeStudio({ tickMs: 0 }),
    '/compare?ids=shapes-demo-image-teacher,falls-tiny-image-teacher,shapes-scratch-finetune&tab=environment',
  )
  await vi.waitFor(() => expect(shown.page.find('[aria-label="Environment"]').exists()).toBe(true), soon)
  const rowOf = (name: string) =>
    shown.page
      .get('[aria-label="Environment"]')
      .findAll('tr')
      .find((row) => row.text().startsWith(name))!
      .findAll('td')
      .map((cell) => cell.text())
  expect(rowOf('Machine')).toEqual(['lab-1', 'lab-2', 'not recorded', ''])
  expect(rowOf('Classes')[1]).toBe('2 classes, with fall and lying, without circle and square')
})

test('classes are sorted by their difference to the baseline, and a confusion of other videos is not subtracted', async () => {
  shown = await showPage(ComparePage, createFakeStudio({ tickMs: 0 }), `/compare?ids=${tests}&tab=classes`)
  const differences = shown.page
    .get('[aria-label="Accuracy by class"][role="group"]')
    .findAll('tbody tr')
    .map((row) => Number(row.findAll('td')[1]!.text().split(' ')[0]!.replace('−', '-').replace('±', '')))
  expect(differences.length).toBeGreaterThan(1)
  expect(differences).toEqual(differences.toSorted((a, b) => a - b))
  expect(shown.page.text()).toContain(
    'shapes-scratch · Test and the baseline cannot be subtracted. The numbers of test videos per class differ.',
  )
})

test('of two hundred runs a table renders the visible columns', async () => {
  const fake = createFakeStudio({ tickMs: 0 })
  const ids = addRuns(fake.world, { pipelines: 210 })
  shown = await showPage(ComparePage, fake, `/compare?ids=${ids.join()}&tab=metrics`)
  expect(shown.page.text()).toContain('The first 200 of 210 runs are compared.')
  expect(shown.page.get('[aria-label="Metrics"]').findAll('thead th').length).toBeLessThan(30)
  expect(shown.page.get('[aria-label="Metrics"] table').attributes('aria-colcount')).toBe('201')
})

test('runs of another stage, and tests of other videos, are named where their differences would be', async () => {
  const fake = createFakeStudio({ tickMs: 0 })
  const durationOf = (id: string) => fake.world.runs.get(id)!.run.durationMs
  fake.world.runs.get('shapes-scratch-finetune')!.run.durationMs = durationOf('shapes-demo-finetune') * 1.5
  shown = await showPage(
    ComparePage,
    fake,
    '/compare?ids=shapes-demo-finetune,shapes-scratch-finetune,falls-tiny-image-teacher&tab=metrics',
  )
  expect(shown.page.text()).toContain('No differences of another stage than the baseline: falls-tiny · Image teacher.')
  expect(shown.page.text()).toContain('No paired test: none of these runs differ in the seed alone')
  const duration = shown.page
    .get('[aria-label="Metrics"]')
    .findAll('tr')
    .find((row) => row.text().startsWith('Duration'))!
  expect(duration.findAll('td')[1]!.text()).toMatch(/^\+50 %/)
  shown.page.unmount()
  shown = await showPage(ComparePage, createFakeStudio({ tickMs: 0 }), `/compare?ids=${tests}&tab=metrics`)
  expect(shown.page.text()).toContain(
    'shapes-scratch · Test: not the same test as the baseline. The numbers of test videos per class differ.',
  )
})

test('all runs that a filter finds are selected at once', async () => {
  shown = await showPage(
    ComparePage,
    createFakeStudio({ tickMs: 0 }),
    '/compare?ids=shapes-scratch-evaluate&tab=metrics',
  )
  click('Choose runs', document)
  await vi.waitFor(() => expect(document.querySelector('[role="dialog"] label')).not.toBeNull(), soon)
  const dialog = document.querySelector<HTMLElement>('[role="dialog"]')!
  const field = dialog.querySelector<HTMLInputElement>(
    'input[aria-label="Filter runs"], [aria-label="Filter runs"] input',
  )!
  field.value = 'stage:test shapes'
  field.dispatchEvent(new Event('input', { bubbles: true }))
  await vi.waitFor(() => expect(dialog.textContent).toContain('Select all 2 found'), soon)
  click('Select all 2 found', dialog)
  await flushPromises()
  expect(dialog.querySelector('[role="status"]')?.textContent).toContain('2 selected')
  click('Compare', dialog)
  await vi.waitFor(() => expect(chips()).toHaveLength(2), soon)
  expect(shown.router.currentRoute.value.query.ids).toBe('shapes-scratch-evaluate,shapes-demo-evaluate')
})

test('a paired test shows its pairs and the seeds that are not paired', async () => {
  const fake = createFakeStudio({ tickMs: 0 })
  const ids = addRuns(fake.world, { pipelines: 5 })
  for (const [index, { configuration }] of ids
    .map((id) => fake.world.pipelines.get(fake.world.runs.get(id)!.run.pipelineId)!)
    .entries()) {
    configuration.general = { ...configuration.general, seed: [1, 2, 3, 1, 2][index]! }
    configuration.finetune = { ...configuration.finetune, epochs: index < 3 ? 10 : 20 }
  }
  shown = await showPage(ComparePage, fake, `/compare?ids=${ids.join()}&tab=metrics`)
  const seeds = shown.page.get('[role="group"][aria-label="Seeds"]')
  expect(seeds.text()).toContain('Not paired: seed 3, only in the group of the baseline.')
  await seeds.get('button[aria-label="2 pairs of Epochs 20"]').trigger('click')
  expect(seeds.findAll('[aria-label="Pairs of Epochs 20"] tbody tr').map((row) => row.get('th').text())).toEqual([
    '1',
    '2',
  ])
})
