// @vitest-environment happy-dom
import { flushPromises } from '@vue/test-utils'
import { afterEach, expect, test, vi } from 'vitest'
import { folderOf } from '#renderer/features/runs/row-menu.ts'
import { extended, selectionOf, toggledLine } from '#renderer/features/runs/row-selection.ts'
import RunsPage from '#renderer/features/runs/RunsPage.vue'
import type { Line } from '#renderer/features/runs/table-lines.ts'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
import { fakePipeline, fakeRun, falls } from '../../support/fake-data.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'

const soon = { timeout: 20_000 }

let shown: ShownPage
afterEach(() => shown?.page.unmount())
const show = async (query: string, fake = createFakeStudio({ tickMs: 0 })) => {
  shown = await showPage(RunsPage, fake, `/runs${query}`)
  return fake
}
const row = (id: string) => shown.page.get(`[data-run="${id}"]`)
const heading = (text: string) => shown.page.findAll('.runs-group').find((found) => found.text().includes(text))!
const entry = (text: string) =>
  [...document.querySelectorAll<HTMLElement>('[role="menuitem"]')].find((each) => each.textContent?.includes(text))!
const button = (text: string) =>
  [...document.querySelectorAll<HTMLElement>('button')].findLast((each) => each.textContent?.trim() === text)!
const dialog = () => document.querySelector('[role="dialog"]')?.textContent ?? ''

/** Opens the menu of a row and chooses an entry. */
async function choose(of: ReturnType<typeof row>, text: string): Promise<void> {
  await of.get('button[title="More"]').trigger('click')
  await vi.waitFor(() => expect(entry(text)).toBeDefined(), soon)
  entry(text).click()
  await flushPromises()
}

test('lines are chosen, left, and extended to', () => {
  const pipeline = fakePipeline('p', 'tiny', falls, 'folders', ['distill', 'finetune'], 1)
  const [a, b] = [fakeRun(pipeline, 'distill', {}), fakeRun(pipeline, 'finetune', {})]
  const group: Line = { kind: 'group', id: 'g', group: 'g', values: [], all: [a, b], found: [a, b], isOpen: true }
  const [first, second] = [a, b].map((run): Line => ({ kind: 'run', id: run.id, group: 'g', run })) as [Line, Line]
  expect(toggledLine(['x'], group)).toEqual(['x', a.id, b.id])
  expect(toggledLine(['x', a.id, b.id], group)).toEqual(['x'])
  expect(toggledLine([a.id], first)).toEqual([])
  expect(extended(new Set(['x']), [group, first, second], 2, 0)).toEqual(['x', a.id, b.id])
  expect([[], [a.id], [a.id, b.id]].map((ids) => selectionOf([a.id, b.id], new Set(ids)))).toEqual([
    false,
    'indeterminate',
    true,
  ])
  expect(folderOf('/home/ada/studio', 'p.distill', 'linux')).toBe('/home/ada/studio/runs/p.distill')
  expect(folderOf('C:\\work', 'p.distill', 'win32')).toBe('C:\\work\\runs\\p.distill')
})

test('the menu of a run stars it, and makes a new pipeline from it', async () => {
  const fake = await show('')
  await choose(row('shapes-demo-distill'), 'Star')
  await vi.waitFor(
    () => expect(fake.world.runs.get('shapes-demo-distill')!.run.organization.isStarred).toBe(true),
    soon,
  )
  await choose(row('shapes-demo-distill'), 'New pipeline from this run')
  await vi.waitFor(
    () => expect(shown.router.currentRoute.value.fullPath).toBe('/pipelines/new?from=shapes-demo-distill'),
    soon,
  )
})

const field = () => row('shapes-demo-distill').get<HTMLInputElement>('input:not([type="checkbox"])')
const edit = () =>
  row('shapes-demo-distill').element.dispatchEvent(new KeyboardEvent('keydown', { key: 'F2', bubbles: true }))
test('a run is renamed in its row, and Escape keeps the name', async () => {
  const fake = await show('')
  const nameOf = () => fake.world.runs.get('shapes-demo-distill')!.run.organization.name
  shown.page.get<HTMLElement>('[data-run="shapes-demo-distill"]').element.focus()
  await flushPromises()
  edit()
  await flushPromises()
  await field().setValue('Student A')
  await field().trigger('keydown', { key: 'Escape' })
  expect(nameOf()).toBeNull()
  await vi.waitFor(() => expect(document.activeElement?.getAttribute('data-run')).toBe('shapes-demo-distill'), soon)
  edit()
  await flushPromises()
  await field().setValue(' Student A ')
  await field().trigger('keydown', { key: 'Enter' })
  await vi.waitFor(() => expect(nameOf()).toBe('Student A'), soon)
  await vi.waitFor(() => expect(row('shapes-demo-distill').text()).toContain('Student A'), soon)
})

test('a pipeline is launched again exactly, after a question', async () => {
  const fake = await show('')
  const before = fake.world.pipelines.size
  await choose(heading('shapes-demo'), 'Run all again exactly')
  await vi.waitFor(() => expect(dialog()).toContain('with the configuration of shapes-demo, seed included'), soon)
  button('Launch').click()
  await vi.waitFor(() => expect(fake.world.pipelines.size).toBe(before + 1), soon)
})

test('a pipeline has a name, tags and a colour, and goes to the trash with all of its runs', async () => {
  const fake = await show('')
  const organization = () => fake.world.pipelines.get('shapes-demo')!.organization
  await choose(heading('shapes-demo'), 'Show details')
  await vi.waitFor(
    () => expect(shown.page.get('aside').attributes('aria-label')).toBe('Details of the pipeline shapes-demo'),
    soon,
  )
  expect(shown.page.get('aside').text()).toMatch(/Dataset\s*shapes.*Image teacher\s*Finished/)
  const name = shown.page.get<HTMLInputElement>('input[aria-label="Name of the pipeline"]')
  await name.setValue('Baseline')
  await name.trigger('change')
  await vi.waitFor(() => expect(organization().name).toBe('Baseline'), soon)
  const tag = shown.page.get<HTMLInputElement>('aside input[aria-label="Add a tag"]')
  await tag.setValue('ablation')
  await tag.trigger('change')
  await vi.waitFor(() => expect(organization().tags).toEqual(['ablation']), soon)
  await vi.waitFor(() => expect(heading('Baseline').get('th').text()).toContain('ablation'), soon)

  await choose(heading('Baseline'), 'Move to the trash')
  await vi.waitFor(() => expect(dialog()).toContain('Move 1 pipeline with 5 runs to the trash?'), soon)
  button('Move to the trash').click()
  await vi.waitFor(() => expect(fake.world.pipelines.has('shapes-demo')).toBe(false), soon)
})
