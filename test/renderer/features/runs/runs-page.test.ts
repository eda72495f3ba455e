// @vitest-environment happy-dom
import { flushPromises } from '@vue/test-utils'
import { afterEach, expect, test, vi } from 'vitest'
import RunsPage from '#renderer/features/runs/RunsPage.vue'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
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

test('runs are grouped by pipeline, newest first, with their state', async () => {
  shown = await showPage(RunsPage, createFakeStudio({ tickMs: 0 }), '/runs')
  expect(ids().slice(0, 3)).toEqual(['falls-tiny-image-teacher', 'falls-tiny-video-teacher', 'falls-tiny-distill'])
  expect(row('falls-tiny-video-teacher').text()).toMatch(/Running.*40 %.*170 \/ 420.*loss.*186.*52 s left/)
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

test('stopping a run that saves a checkpoint does not ask', async () => {
  const fake = createFakeStudio({ tickMs: 0 })
  shown = await showPage(RunsPage, fake, '/runs')
  await row('falls-tiny-video-teacher').get('button[title="Stop"]').trigger('click')
  await vi.waitFor(() => expect(row('falls-tiny-video-teacher').text()).toContain('Stopped'), soon)
  expect(document.querySelector('[role="dialog"]')).toBeNull()
  await row('falls-tiny-video-teacher').get('button[title="Resume"]').trigger('click')
  await vi.waitFor(() => expect(row('falls-tiny-video-teacher').text()).toContain('Running'), soon)
})

test('stopping a running test asks first, because it restarts from the beginning', async () => {
  const fake = createFakeStudio({ tickMs: 0 })
  Object.assign(fake.world.runs.get('falls-tiny-evaluate')!.run, { status: 'running', waitsFor: [] })
  shown = await showPage(RunsPage, fake, '/runs')
  await row('falls-tiny-evaluate').get('button[title="Stop"]').trigger('click')
  await vi.waitFor(
    () =>
      expect(document.querySelector('[role="dialog"]')?.textContent).toContain('it starts again from the first video'),
    soon,
  )
  expect(fake.world.runs.get('falls-tiny-evaluate')!.run.status).toBe('running')
  const confirm = [...document.querySelectorAll<HTMLElement>('[role="dialog"] button')].find(
    (candidate) => candidate.textContent?.trim() === 'Stop',
  )
  confirm!.click()
  await vi.waitFor(() => expect(row('falls-tiny-evaluate').text()).toContain('Stopped'), soon)
})

test('an empty studio offers a new pipeline', async () => {
  shown = await showPage(RunsPage, createFakeStudio({ tickMs: 0, isEmpty: true }), '/runs')
  expect(shown.page.text()).toContain('No runs yet')
  expect(shown.page.findAll('a').some((link) => link.attributes('href') === '/pipelines/new')).toBe(true)
})
