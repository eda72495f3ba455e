// @vitest-environment happy-dom
import { flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import ChartsPage from '#renderer/features/overview/ChartsPage.vue'
import { showPage, type ShownPage } from '../../support/fake-app.ts'
import { addRuns } from '../../support/fake-many.ts'
import { createFakeStudio, type FakeStudio } from '../../support/fake-studio.ts'

/** Listeners by the title of their chart and the event; happy-dom has no canvas. */
const listeners = vi.hoisted(() => new Map<string, (event: unknown) => void>())
vi.mock('#renderer/ui/charts/echarts.ts', () => ({
  createChart: (host: HTMLElement) => ({
    setOption: () => undefined,
    on: (name: string, listen: (event: unknown) => void) =>
      listeners.set(`${host.getAttribute('aria-label')?.split(':')[0]} ${name}`, listen),
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
  await vi.waitFor(() => expect(listeners.has('Scatter click')).toBe(true), soon)
  listeners.get('Scatter click')?.({ seriesIndex: 0, dataIndex: 0 })
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

const drag = (low: number, high: number) =>
  listeners.get('Scatter brushEnd')?.({
    areas: [
      {
        coordRange: [
          [-10, 10],
          [low, high],
        ],
      },
    ],
  })
const choose = (intervals: [number, number][]) =>
  listeners.get('Parallel coordinates axisareaselected')?.({ parallelAxisId: 'finetune.learningRate', intervals })
const selectedIds = () => {
  const { select } = shown.router.currentRoute.value.query
  return typeof select === 'string' ? select.split(',') : []
}

test('an area of the scatter chart selects the runs inside, and an empty one selects none', async () => {
  // The result of a run is its best value.
  for (const [index, id] of ids.entries()) fake.world.runs.get(id)!.run.summaries[0]!.max = 50 + index
  shown = await showPage(ChartsPage, fake, '/charts')
  await vi.waitFor(() => expect(listeners.has('Scatter brushEnd')).toBe(true), soon)
  const below = ids.slice(0, 3)
  drag(0, 52)
  await vi.waitFor(() => expect(selectedIds().toSorted()).toEqual(below.toSorted()), soon)
  expect(shown.page.text()).toContain(`${below.length} selected`)
  drag(200, 300)
  await vi.waitFor(() => expect(selectedIds()).toEqual([]), soon)
})

test('an interval of an axis of the parallel coordinates selects its runs', async () => {
  shown = await showPage(ChartsPage, fake, '/charts?axes=finetune.learningRate')
  await vi.waitFor(() => expect(listeners.has('Parallel coordinates axisareaselected')).toBe(true), soon)
  choose([[0.0005, 0.0015]])
  await vi.waitFor(() => expect(selectedIds().toSorted()).toEqual(ids.filter((_, index) => index % 2 === 0)), soon)
  choose([])
  await vi.waitFor(() => expect(selectedIds()).toEqual([]), soon)
})
