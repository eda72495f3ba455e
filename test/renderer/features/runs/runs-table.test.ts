// @vitest-environment happy-dom
import { flushPromises } from '@vue/test-utils'
import { afterEach, expect, test, vi } from 'vitest'
import RunsPage from '#renderer/features/runs/RunsPage.vue'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'

const soon = { timeout: 20_000 }

let shown: ShownPage
afterEach(() => shown.page.unmount())
const show = async (query: string, fake = createFakeStudio({ tickMs: 0 })) => {
  shown = await showPage(RunsPage, fake, `/runs${query}`)
  return fake
}
const ids = () => shown.page.findAll('[data-run]').map((found) => found.attributes('data-run'))
const row = (id: string) => shown.page.get(`[data-run="${id}"]`)
const header = (title: string) =>
  shown.page.findAll('thead th').find((cell) => cell.find('[data-header]').exists() && cell.text().startsWith(title))!
const groups = () => shown.page.findAll('.runs-group').map((found) => found.get('th').text())
const button = (text: string) =>
  [...document.querySelectorAll<HTMLElement>('button')].find((each) => each.textContent?.trim() === text)!
const query = () => shown.router.currentRoute.value.query

const press = (title: string, init: KeyboardEventInit) =>
  header(title)
    .get('[data-header]')
    .element.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, ...init }))

test('columns, sort and grouping of the address are shown, and the header says what of a metric is shown', async () => {
  await show('?columns=status~p,distill.maskRatio~120,test.top1,validation.top1.last&sort=-test.top1&group=none')
  expect(shown.page.get('table').attributes('aria-label')).toBe('Runs')
  expect(shown.page.findAll('thead [data-header]').map((found) => found.text().replaceAll(/\s+/g, ' '))).toEqual([
    'Run',
    'Status',
    expect.stringMatching(/^Mask ratio ?Distillation$/),
    expect.stringMatching(/^Test top-1 ?last$/),
    expect.stringMatching(/^Validation top-1 ?last$/),
  ])
  expect(header('Test top-1').attributes('aria-sort')).toBe('descending')
  // The better test is first, runs without a test are last.
  expect(new Set(ids().slice(0, 2))).toEqual(new Set(['shapes-demo-evaluate', 'shapes-scratch-evaluate']))
})

test('a click on a header sorts, with Shift it adds a key, and the address keeps the sort', async () => {
  await show('?group=none&columns=stage,duration')
  await header('Duration').get('[data-header]').trigger('click')
  await header('Stage').get('[data-header]').trigger('click', { shiftKey: true })
  await vi.waitFor(() => expect(query()['sort']).toBe('duration,stage'), soon)
  await header('Duration').get('[data-header]').trigger('click')
  await vi.waitFor(() => expect(query()['sort']).toBe('-duration'), soon)
  expect(header('Duration').attributes('aria-sort')).toBe('descending')
})

test('the keyboard resizes and moves a column', async () => {
  await show('?columns=stage,duration')
  press('Duration', { key: 'ArrowLeft', altKey: true })
  await vi.waitFor(() => expect(query()['columns']).toBe('duration,stage'), soon)
  press('Duration', { key: 'ArrowRight', shiftKey: true })
  await vi.waitFor(() => expect(query()['columns']).toMatch(/^duration~\d+,stage$/), soon)
})

test('groups of any key keep their counts under a filter, and collapse', async () => {
  await show('?group=stage')
  expect(shown.page.get('table').attributes('aria-label')).toBe('Runs by stage')
  const all = groups()
  expect(all.some((text) => text.startsWith('Distillation'))).toBe(true)
  await shown.page.get('input[type="search"]').setValue('pipeline:shapes-demo')
  expect(groups().find((text) => text.startsWith('Distillation'))).toMatch(/1 of \d/)
  const before = ids().length
  await shown.page.findAll('.runs-group button')[0]!.trigger('click')
  expect(ids()).toHaveLength(before - 1)
  await vi.waitFor(() => expect(query()['closed']).toBeDefined(), soon)
})

test('tags are added to all selected runs, and undone', async () => {
  const fake = await show('?select=shapes-demo-distill,shapes-demo-finetune')
  button('Tag').click()
  await vi.waitFor(() => expect(document.querySelector('input[aria-label="Tag"]')).not.toBeNull(), soon)
  const input = document.querySelector<HTMLInputElement>('input[aria-label="Tag"]')!
  input.value = 'My Ablation'
  input.dispatchEvent(new Event('input'))
  await flushPromises()
  input.form!.dispatchEvent(new Event('submit', { cancelable: true }))
  const tags = (id: string) => fake.world.runs.get(id)!.run.organization.tags
  await vi.waitFor(() => expect(tags('shapes-demo-distill')).toEqual(['my-ablation']), soon)
  expect(tags('shapes-demo-finetune')).toEqual(['my-ablation'])
  await vi.waitFor(() => expect(button('Undo')).toBeDefined(), soon)
  button('Undo').click()
  await vi.waitFor(() => expect(tags('shapes-demo-finetune')).toEqual([]), soon)
})

test('archived runs are hidden until asked for, and details are shown beside the table', async () => {
  const fake = createFakeStudio({ tickMs: 0 })
  const { run } = fake.world.runs.get('shapes-demo-distill')!
  run.organization = { ...run.organization, isArchived: true }
  await show('', fake)
  expect(ids()).not.toContain('shapes-demo-distill')
  expect(shown.page.text()).toContain('14 runs, 1 archived')
  await row('shapes-demo-finetune').trigger('click')
  expect(shown.page.get('aside').attributes('aria-label')).toContain('Fine-tuning')
  await vi.waitFor(() => expect(query()['details']).toBe('shapes-demo-finetune'), soon)
  await shown.router.push('/runs?archived=1')
  await flushPromises()
  expect(ids()).toContain('shapes-demo-distill')
})

const nameInput = () => document.querySelector<HTMLInputElement>('input[aria-label="Name of this view"]')
test('a view is saved, applied and removed', async () => {
  await show('?group=stage&sort=duration&select=shapes-demo-distill')
  button('Views').click()
  await vi.waitFor(() => expect(nameInput()).not.toBeNull(), soon)
  nameInput()!.value = 'By stage'
  nameInput()!.dispatchEvent(new Event('input'))
  await flushPromises()
  nameInput()!.form!.dispatchEvent(new Event('submit', { cancelable: true }))
  await vi.waitFor(() => expect(button('By stage')).toBeDefined(), soon)
  await shown.router.push('/runs')
  await flushPromises()
  button('By stage').click()
  await vi.waitFor(() => expect(query()).toEqual({ group: 'stage', sort: 'duration' }), soon)
  expect(shown.page.get('table').attributes('aria-label')).toBe('Runs by stage')
})
