// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { expect, test, vi } from 'vitest'
import { createChartLink, type LegendEntry } from '#renderer/ui/charts/chart-link.ts'
import CurveLegend from '#renderer/ui/charts/CurveLegend.vue'
import type { ChartLine, Reading } from '#renderer/ui/charts/lines.ts'

const line: ChartLine = {
  id: 'l',
  entry: 'run-0',
  label: 'run 0',
  name: 'train/loss',
  style: 0,
  variant: 0,
  steps: [],
  xs: [],
  values: [],
  ys: [],
  smoothed: [],
  low: [],
  high: [],
  marks: [],
  isBaseline: false,
  count: 1,
  isExact: true,
}
const reading = (value: number): Reading => ({
  line,
  x: 7,
  step: 7,
  value,
  smoothed: undefined,
  low: undefined,
  high: undefined,
})

/** A legend whose rows are rendered, which takes a tick. */
async function legend(count: number, valueOf: (id: string, x: number | undefined) => number) {
  const link = createChartLink()
  link.readers.set('train/loss', (entry, x) => [reading(valueOf(entry, x))])
  const entries = Array.from({ length: count }, (_, index): LegendEntry => ({
    id: `run-${index}`,
    label: `run ${index}`,
    style: index,
    runIds: [`run-${index}`],
  }))
  const shown = mount(CurveLegend, {
    props: {
      entries,
      link,
      firstChart: 'train/loss',
      titles: new Map([['train/loss', 'Training loss']]),
      axis: 'step',
      isDense: count > 10,
      baselineId: 'run-0',
      comparable: new Set(entries.map(({ id }) => id)),
      hidden: [],
      isolated: '',
    },
    attachTo: document.body,
  })
  await shown.vm.$nextTick()
  return { shown, link }
}
const labels = (shown: Awaited<ReturnType<typeof legend>>['shown']) =>
  shown.findAll('li button[title$="only this"]').map((button) => button.text())

test('of many runs the legend renders the visible rows', async () => {
  const { shown } = await legend(1000, () => 1)
  expect(labels(shown).length).toBeGreaterThan(10)
  expect(labels(shown).length).toBeLessThan(80)
  shown.unmount()
})

test('a click isolates a run, its swatch hides it, and a second click shows all', async () => {
  const { shown } = await legend(3, () => 1)
  await shown.findAll('li button[title$="only this"]')[1]!.trigger('click')
  expect(shown.emitted('update:isolated')).toEqual([['run-1']])
  await shown.setProps({ isolated: 'run-1' })
  await shown.findAll('li button[title$="only this"]')[1]!.trigger('click')
  expect(shown.emitted('update:isolated')?.at(-1)).toEqual([''])
  await shown.setProps({ isolated: '' })
  await shown.get('button[aria-label="Draw run 2"]').trigger('click')
  expect(shown.emitted('update:hidden')).toEqual([[['run-2']]])
  shown.unmount()
})

test('the pointer over a row highlights its run', async () => {
  const { shown, link } = await legend(3, () => 1)
  await shown.findAll('li')[2]!.trigger('mouseenter')
  expect(link.highlighted.value).toBe('run-2')
  await shown.trigger('mouseleave')
  expect(link.highlighted.value).toBeUndefined()
  shown.unmount()
})

test('of a cursor move only the changed values are written', async () => {
  const { shown, link } = await legend(5, (id, x) => (id === 'run-3' && x === 9 ? 2 : 1))
  link.cursor.value = { chart: 'train/loss', x: 7, entry: undefined }
  await shown.vm.$nextTick()
  const changed = new Set<string | null>()
  const observer = new MutationObserver((records) => {
    for (const { target } of records) changed.add(target.textContent)
  })
  observer.observe(shown.element, { subtree: true, childList: true, characterData: true })
  link.cursor.value = { chart: 'train/loss', x: 9, entry: undefined }
  await vi.waitFor(() => expect(changed.size).toBeGreaterThan(0))
  observer.disconnect()
  expect([...changed]).toEqual(['2', '+1'])
  shown.unmount()
})

test('a value shows its difference to the baseline, coloured by the goal of its metric', async () => {
  const { shown } = await legend(3, (id) => ({ 'run-0': 1, 'run-1': 0.5, 'run-2': 3 })[id] ?? 0)
  const rows = shown.findAll('li').map((row) => row.find('.text-success, .text-error'))
  expect(rows.map((found) => (found.exists() ? [found.text(), found.classes('text-success')] : []))).toEqual([
    [],
    ['−0.5', true],
    ['+2', false],
  ])
  shown.unmount()
})
