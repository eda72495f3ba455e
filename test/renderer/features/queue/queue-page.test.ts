// @vitest-environment happy-dom
import { flushPromises } from '@vue/test-utils'
import { afterEach, expect, test, vi } from 'vitest'
import QueuePage from '#renderer/features/queue/QueuePage.vue'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'

const soon = { timeout: 20_000 }

let shown: ShownPage
afterEach(() => shown?.page.unmount())

async function show(fake = createFakeStudio({ tickMs: 0 })) {
  shown = await showPage(QueuePage, fake, '/queue')
  await vi.waitFor(() => expect(ids().length).toBeGreaterThan(0), soon)
  return fake
}
const ids = () => shown.page.findAll('[data-queued]').map((row) => row.attributes('data-queued')!)
const row = (id: string) => shown.page.get(`[data-queued="${id}"]`)
const button = (id: string, text: string) =>
  row(id)
    .findAll('button')
    .find((each) => each.text() === text)!
const undoButtons = () =>
  [...document.querySelectorAll<HTMLElement>('button')].filter((each) => each.textContent?.trim() === 'Undo')
const undo = async () => {
  await vi.waitFor(() => expect(undoButtons()).not.toHaveLength(0), soon)
  undoButtons().at(-1)!.click()
  await flushPromises()
}

test('what computes, in its slot, and what waits, with the reason', async () => {
  await show()
  expect(shown.page.text()).toMatch(/Slot 1 · 2 threads.*falls-tiny · Video teacher.*Running/)
  expect(shown.page.text()).toContain('Slot 2')
  expect(shown.page.text()).toContain('Free')
  expect(ids()).toEqual(['falls-tiny-distill', 'falls-tiny-finetune', 'falls-tiny-evaluate', 'falls-base-distill'])
  expect(row('falls-tiny-distill').text()).toContain('Waiting for Video teacher')
  expect(row('falls-base-distill').text()).toContain('Image teacher (failed) and Video teacher (stopped)')
})

test('a run moves by its buttons and by Alt and an arrow key, and the move is undone', async () => {
  await show()
  const before = ids()
  const [, second, third] = before
  await row(third!).get('[data-action="up"]').trigger('click')
  await vi.waitFor(() => expect(ids()[1]).toBe(third), soon)
  await row(third!).get('a').trigger('keydown', { key: 'ArrowUp', altKey: true })
  await vi.waitFor(() => expect(ids()[0]).toBe(third), soon)
  expect(row(third!).get('[data-action="up"]').attributes('aria-disabled')).toBe('true')
  await undo()
  await vi.waitFor(() => expect(ids()[1]).toBe(third), soon)
  expect(ids()[2]).toBe(second)
})

test('a run is dragged before another one', async () => {
  await show()
  const [first, , , last] = ids()
  await row(last!).get('[draggable]').trigger('dragstart')
  await row(first!).trigger('dragover', { clientY: -1 })
  await shown.page.get('tbody').trigger('drop')
  await vi.waitFor(() => expect(ids()[0]).toBe(last), soon)
})

test('a run is held, released, and removed, which is undone', async () => {
  const fake = await show()
  const id = 'falls-base-distill'
  await button(id, 'Hold').trigger('click')
  await vi.waitFor(() => expect(row(id).text()).toContain('Held: it starts when it is released'), soon)
  await button(id, 'Release').trigger('click')
  await vi.waitFor(() => expect(button(id, 'Hold')).toBeDefined(), soon)
  await button(id, 'Remove from queue').trigger('click')
  await vi.waitFor(() => expect(ids()).not.toContain(id), soon)
  await undo()
  await vi.waitFor(() => expect(ids()).toContain(id), soon)
  expect(fake.world.runs.get(id)!.run.status).toBe('queued')
})

test('a pipeline is cancelled in one act, which is undone', async () => {
  const fake = await show()
  const cancel = shown.page
    .findAll('button')
    .find((each) => each.attributes('aria-label') === 'Cancel all runs: falls-tiny')!
  await cancel.trigger('click')
  await vi.waitFor(() => expect(ids()).toEqual(['falls-base-distill']), soon)
  expect(fake.world.runs.get('falls-tiny-video-teacher')!.run).toMatchObject({ status: 'stopped', asked: 'pause' })
  await undo()
  await vi.waitFor(() => expect(ids()).toHaveLength(4), soon)
  expect(fake.world.runs.get('falls-tiny-video-teacher')!.run.status).toBe('running')
})

test('the number of runs at once is a setting', async () => {
  await show()
  const field = shown.page.get<HTMLInputElement>('#queue-slots')
  expect(field.element.value).toBe('2')
  expect(shown.page.text()).toContain('2 threads for each run that starts, of 4')
  await field.setValue('0')
  expect(shown.page.text()).toContain('A whole number from 1 to 16')
})

test('an empty queue says so', async () => {
  shown = await showPage(QueuePage, createFakeStudio({ tickMs: 0, isEmpty: true }), '/queue')
  await vi.waitFor(() => expect(shown.page.text()).toContain('Nothing waits'), soon)
})
