// @vitest-environment happy-dom
import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import ChartsPage from '#renderer/features/overview/ChartsPage.vue'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
import { addRuns } from '../../support/fake-many.ts'
import { createFakeStudio, type FakeStudio } from '../../support/fake-studio.ts'

/** Listeners of the last chart of each test; happy-dom has no canvas. */
const listeners = vi.hoisted(() => new Map<string, (event: unknown) => void>())
vi.mock('#renderer/ui/charts/echarts.ts', () => ({
  createChart: () => ({
    setOption: () => undefined,
    on: (name: string, listen: (event: unknown) => void) => listeners.set(name, listen),
    dispatchAction: () => undefined,
    resize: () => undefined,
    dispose: () => undefined,
  }),
}))

const soon = { timeout: 20_000 }
let shown: ShownPage
let fake: FakeStudio
let ids: string[]
beforeEach(() => {
  listeners.clear()
  fake = createFakeStudio({ tickMs: 0, isEmpty: true })
  ids = addRuns(fake.world, { pipelines: 6 })
  for (const [index, pipeline] of [...fake.world.pipelines.values()].entries())
    pipeline.configuration.finetune = {
      ...pipeline.configuration.finetune,
      learningRate: index % 2 === 0 ? 0.001 : 0.002,
    }
})
afterEach(() => shown.page.unmount())

test('charts suggest the parameters that differ, and a table selects their runs in the address', async () => {
  shown = await showPage(ChartsPage, fake, '/charts')
  await shown.page.get('button[aria-label="Show Groups as table"]').trigger('click')
  await flushPromises()
  const table = shown.page.get('[aria-label="Groups as table"]')
  expect(table.get('thead').text()).toMatch(/Learning rate, Fine-tuning.*Mean of Validation top-1/)
  expect(table.attributes('aria-label')).toBe('Groups as table')
})

test('a mark that is clicked adds its runs to the selection, which the table of runs takes over', async () => {
  shown = await showPage(ChartsPage, fake, '/charts?filter=sweep')
  await vi.waitFor(() => expect(listeners.has('click')).toBe(true), soon)
  listeners.get('click')?.({ seriesIndex: 0, dataIndex: 0 })
  await vi.waitFor(() => expect(shown.router.currentRoute.value.query['select']).toBeDefined(), soon)
  const selected = String(shown.router.currentRoute.value.query['select']).split(',')
  expect(ids).toEqual(expect.arrayContaining(selected))
  const link = shown.page.get<HTMLAnchorElement>('a[href^="/runs?"]').attributes('href')
  expect(new URLSearchParams(link?.split('?')[1])).toEqual(
    new URLSearchParams({ filter: 'sweep', select: selected.join(',') }),
  )
})

test('without runs the page says what charts are for', async () => {
  shown = await showPage(ChartsPage, createFakeStudio({ tickMs: 0, isEmpty: true }), '/charts')
  expect(shown.page.text()).toContain('No runs yet')
})
