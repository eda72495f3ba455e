// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest'
import RunsPage from '#renderer/features/runs/RunsPage.vue'
import { keptReason, movedText, withUsers } from '#renderer/features/trash/preview-text.ts'
import TrashPage from '#renderer/features/trash/TrashPage.vue'
import { directStudio, showPage, type ShownPage } from '../../support/fake-app.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'

const soon = { timeout: 20_000 }

let shown: ShownPage
afterEach(() => shown?.page.unmount())

const button = (text: string) =>
  [...document.querySelectorAll<HTMLElement>('button')].findLast((each) => each.textContent?.trim() === text)!
const dialog = () => document.querySelector('[role="dialog"]')?.textContent ?? ''
const runIds = () => shown.page.findAll('[data-run]').map((found) => found.attributes('data-run'))

test('what is moved and what stays is said in short', () => {
  const pipelines = ['a', 'b'].map((id) => ({ kind: 'pipeline' as const, id }))
  expect(movedText({ items: pipelines, runIds: ['1', '2', '3'], pipelineIds: ['a', 'b'] })).toBe(
    '2 pipelines with 3 runs',
  )
  const both = [...pipelines, { kind: 'run' as const, id: 'x.1' }]
  expect(movedText({ items: both, runIds: ['1', '2', 'x.1'], pipelineIds: ['a', 'b'] })).toBe(
    '2 pipelines with 2 runs, and 1 run of other pipelines',
  )
  expect(movedText({ items: [{ kind: 'run', id: '1' }], runIds: ['1'], pipelineIds: [] })).toBe('1 run')
  const kept = { id: 'a', reason: 'needed' as const, neededBy: ['b', 'c', 'd', 'e'] }
  expect(keptReason(kept)).toBe('Its model is needed by b, c, d, and 1 more.')
  expect(withUsers([{ kind: 'run', id: 'b' }], [kept]).map(({ id }) => id)).toEqual(['b', 'c', 'd', 'e'])
})

test('selected runs go to the trash after the bytes were shown, and undo brings them back', async () => {
  const fake = createFakeStudio({ tickMs: 0 })
  shown = await showPage(RunsPage, fake, '/runs?select=shapes-demo-finetune,shapes-demo-evaluate')
  button('Move to the trash').click()
  await vi.waitFor(() => expect(dialog()).toMatch(/Move 2 runs to the trash\?.*frees 96\.0 MiB/), soon)
  expect(fake.world.runs.has('shapes-demo-finetune')).toBe(true)
  button('Move to the trash').click()
  await vi.waitFor(() => expect(runIds()).not.toContain('shapes-demo-finetune'), soon)
  await vi.waitFor(() => expect(shown.router.currentRoute.value.query['select']).toBeUndefined(), soon)
  await vi.waitFor(() => expect(button('Undo')).toBeDefined(), soon)
  button('Undo').click()
  await vi.waitFor(() => expect(runIds()).toContain('shapes-demo-finetune'), soon)
  expect(fake.world.pipelines.get('shapes-demo')!.runIds).toHaveLength(5)
})

test('a teacher stays, says who needs it, and can go with them', async () => {
  const fake = createFakeStudio({ tickMs: 0 })
  shown = await showPage(RunsPage, fake, '/runs?select=shapes-demo-image-teacher')
  button('Move to the trash').click()
  await vi.waitFor(() => expect(dialog()).toContain('Nothing can be moved to the trash'), soon)
  expect(dialog()).toMatch(/1 run stays.*shapes-demo-image-teacher.*needed by shapes-demo-distill\./)
  button('Move the runs that need them as well').click()
  await vi.waitFor(() => expect(dialog()).toContain('Move 4 runs to the trash?'), soon)
  button('Cancel').click()
  expect(fake.world.runs.has('shapes-demo-image-teacher')).toBe(true)
})

test('the trash lists what it holds, restores it, and purges it after a question', async () => {
  const fake = createFakeStudio({ tickMs: 0 })
  const { client } = directStudio(fake)
  await client.trash.put({ items: [{ kind: 'pipeline', id: 'shapes-demo' }] })
  await client.trash.put({ items: [{ kind: 'run', id: 'shapes-scratch-evaluate' }] })
  shown = await showPage(TrashPage, fake, '/trash')
  const rows = () => shown.page.findAll('[data-entry]')
  await vi.waitFor(() => expect(rows()).toHaveLength(2), soon)
  expect(shown.page.text()).toContain('2 entries, 288 MiB')
  expect(rows()[0]!.text()).toMatch(/^shapes-scratch-evaluate.*Run.*just now.*48\.0 MiB/)
  expect(rows()[1]!.text()).toMatch(/^shapes-demo.*Pipeline, 5 runs/)

  await rows()[0]!.findAll('button')[0]!.trigger('click')
  await vi.waitFor(() => expect(rows()).toHaveLength(1), soon)
  expect(fake.world.runs.has('shapes-scratch-evaluate')).toBe(true)

  button('Empty the trash').click()
  await vi.waitFor(() => expect(dialog()).toContain('Delete shapes-demo for good?'), soon)
  expect(dialog()).toContain('This frees 240 MiB and cannot be undone')
  button('Delete for good').click()
  await vi.waitFor(() => expect(shown.page.text()).toContain('The trash is empty'), soon)
  expect(await client.trash.list({})).toEqual([])
})
