// @vitest-environment happy-dom
import { flushPromises } from '@vue/test-utils'
import { afterEach, expect, test, vi } from 'vitest'
import RunsPage from '#renderer/features/runs/RunsPage.vue'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
import { addRuns } from '../../support/fake-many.ts'
import { createFakeStudio } from '../../support/fake-studio.ts'

/** Long enough for a machine that is busy with other things. */
const soon = { timeout: 20_000 }

let shown: ShownPage
afterEach(() => shown.page.unmount())

const row = (id: string) => shown.page.get(`[data-run="${id}"]`)
const ids = () => shown.page.findAll('[data-run]').map((found) => found.attributes('data-run'))
const button = (text: string) => shown.page.findAll('button').find((candidate) => candidate.text() === text)!
const focused = () => document.activeElement?.getAttribute('data-run')
const press = async (key: string) => {
  document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))
  await flushPromises()
}

const confirm = (text: string) =>
  [...document.querySelectorAll<HTMLElement>('[role="dialog"] button')]
    .find((candidate) => candidate.textContent?.trim() === text)!
    .click()

test('runs are grouped by pipeline, newest first, with their state', async () => {
  shown = await showPage(RunsPage, createFakeStudio({ tickMs: 0 }), '/runs')
  expect(ids().slice(0, 3)).toEqual(['falls-tiny-image-teacher', 'falls-tiny-video-teacher', 'falls-tiny-distill'])
  expect(row('falls-tiny-video-teacher').text()).toMatch(/Running.*40 %.*170 \/ 420.*0\.66.*186.*52 s left/)
  expect(row('falls-tiny-distill').text()).toContain('Waiting for Video teacher')
  expect(row('falls-base-image-teacher').text()).toContain(
    'The image teacher needs 14.2 GiB and the machine has 7.8 GiB.',
  )
  expect(row('shapes-demo-evaluate').text()).toMatch(/top-1\s*78\.3 %/)
})

test('a step of the running run is shown', async () => {
  const fake = createFakeStudio({ tickMs: 0 })
  shown = await showPage(RunsPage, fake, '/runs')
  fake.world.tick()
  await vi.waitFor(() => expect(row('falls-tiny-video-teacher').text()).toContain('171 / 420'), soon)
})

test('the filter narrows the list, shows the count, and can be cleared', async () => {
  shown = await showPage(RunsPage, createFakeStudio({ tickMs: 0 }), '/runs')
  await shown.page.get('input[type="search"]').setValue('status:failed')
  expect(ids()).toEqual(['falls-base-image-teacher'])
  expect(shown.page.text()).toContain('1 of 15 runs')
  // A heading counts the runs of its pipeline, not those that the filter left.
  expect(shown.page.text()).toContain('0 of 3 finished, 1 shown')
  await shown.page.get('input[type="search"]').setValue('nothing-like-it')
  await button('Clear filter').trigger('click')
  expect(ids()).toHaveLength(15)
})

test('the keyboard moves, selects two runs and opens one', async () => {
  shown = await showPage(RunsPage, createFakeStudio({ tickMs: 0 }), '/runs')
  shown.page.get<HTMLElement>('tr[tabindex="0"]').element.focus()
  await press(' ')
  await press('ArrowDown')
  expect(focused()).toBe('falls-tiny-video-teacher')
  expect(button('Compare').attributes('disabled')).toBeDefined()
  await press(' ')
  expect(row('falls-tiny-video-teacher').attributes('aria-selected')).toBe('true')
  await button('Compare').trigger('click')
  await flushPromises()
  expect(shown.router.currentRoute.value.fullPath).toBe(
    '/compare?ids=falls-tiny-image-teacher,falls-tiny-video-teacher',
  )
  await press('End')
  await press('Enter')
  expect(shown.router.currentRoute.value.path).toBe('/runs/shapes-demo-evaluate')
})

/** Chooses an entry of the menu of a row. */
async function choose(id: string, text: string): Promise<void> {
  await row(id).get('button[title="More"]').trigger('click')
  const entry = () =>
    [...document.querySelectorAll<HTMLElement>('[role="menuitem"]')].find((each) => each.textContent?.includes(text))
  await vi.waitFor(() => expect(entry()).toBeDefined(), soon)
  entry()!.click()
  await flushPromises()
}
const dialogText = () => document.querySelector('[role="dialog"]')?.textContent
const control = (id: string, text: string) =>
  row(id)
    .findAll('button')
    .find((each) => each.text() === text)!

test('a run is paused at once and resumed; the menu saves and stops it after a question', async () => {
  const fake = createFakeStudio({ tickMs: 0 })
  shown = await showPage(RunsPage, fake, '/runs')
  const id = 'falls-tiny-video-teacher'
  await control(id, 'Pause').trigger('click')
  await vi.waitFor(() => expect(row(id).text()).toContain('Paused'), soon)
  await control(id, 'Resume').trigger('click')
  await vi.waitFor(() => expect(row(id).text()).toContain('Running'), soon)
  await choose(id, 'Save and stop')
  await vi.waitFor(() => expect(dialogText()).toContain('saves a checkpoint first'), soon)
  expect(fake.world.runs.get(id)!.run.status).toBe('running')
  confirm('Save and stop')
  await vi.waitFor(() => expect(row(id).text()).toContain('Stopped'), soon)
})

test('stopping now asks, and says what is lost', async () => {
  const fake = createFakeStudio({ tickMs: 0 })
  const id = 'falls-tiny-video-teacher'
  Object.assign(fake.world.runs.get(id)!.run, { unsaved: { fromStep: 150, ms: 125_000 } })
  shown = await showPage(RunsPage, fake, '/runs')
  await choose(id, 'Stop now')
  await vi.waitFor(
    () => expect(dialogText()).toContain('20 steps after the checkpoint at step 150 are lost: 2 min 5 s of computing.'),
    soon,
  )
  confirm('Stop now')
  await vi.waitFor(() => expect(row(id).text()).toContain('Stopped'), soon)
})

test('pausing a running test asks first, because it restarts from the beginning', async () => {
  const fake = createFakeStudio({ tickMs: 0 })
  Object.assign(fake.world.runs.get('falls-tiny-evaluate')!.run, { status: 'running', waitsFor: [] })
  shown = await showPage(RunsPage, fake, '/runs')
  await control('falls-tiny-evaluate', 'Pause').trigger('click')
  await vi.waitFor(() => expect(dialogText()).toContain('it starts again from the first video'), soon)
  expect(fake.world.runs.get('falls-tiny-evaluate')!.run.status).toBe('running')
  confirm('Pause')
  await vi.waitFor(() => expect(row('falls-tiny-evaluate').text()).toContain('Paused'), soon)
})

test('an empty studio offers a new pipeline', async () => {
  shown = await showPage(RunsPage, createFakeStudio({ tickMs: 0, isEmpty: true }), '/runs')
  expect(shown.page.text()).toContain('No runs yet')
  expect(shown.page.findAll('a').some((link) => link.attributes('href') === '/pipelines/new')).toBe(true)
})

test('filter and selection are in the address, which restores them', async () => {
  shown = await showPage(
    RunsPage,
    createFakeStudio({ tickMs: 0 }),
    '/runs?filter=status:finished&select=shapes-demo-distill',
  )
  const search = () => shown.page.get<HTMLInputElement>('input[type="search"]')
  expect(search().element.value).toBe('status:finished')
  expect(ids()).toHaveLength(8)
  expect(shown.page.text()).toContain('1 selected')
  await search().setValue('stage:test')
  await row('shapes-demo-evaluate').get('[type="checkbox"]').setValue(true)
  await vi.waitFor(
    () =>
      expect(shown.router.currentRoute.value.query).toEqual({
        filter: 'stage:test',
        select: 'shapes-demo-distill,shapes-demo-evaluate',
      }),
    soon,
  )
  await shown.router.push('/runs')
  await flushPromises()
  expect(search().element.value).toBe('')
  shown.router.back()
  await vi.waitFor(() => expect(search().element.value).toBe('stage:test'), soon)
  expect(shown.page.text()).toContain('2 selected')
})

test('of a thousand pipelines only the visible rows are rendered', async () => {
  const fake = createFakeStudio({ tickMs: 0 })
  addRuns(fake.world, { pipelines: 1000 })
  shown = await showPage(RunsPage, fake, '/runs')
  expect(shown.page.text()).toContain('1015 runs')
  expect(shown.page.get('table').attributes('aria-rowcount')).toBe('2020')
  expect(shown.page.findAll('tbody tr').length).toBeLessThan(80)
})
