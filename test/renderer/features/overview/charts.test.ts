import { describe, expect, it } from 'vitest'
import { intervalOf, standardErrorOf } from '#contract/statistics.ts'
import { differingKeys, resultKeys, scaleOf } from '#renderer/features/overview/axes.ts'
import { barChart } from '#renderer/features/overview/bar-chart.ts'
import { type ChartKey, type ChartRun, place, type Value } from '#renderer/features/overview/chart-data.ts'
import { heatMap } from '#renderer/features/overview/heat-map.ts'
import { parallelChart } from '#renderer/features/overview/parallel-chart.ts'
import { scatterChart } from '#renderer/features/overview/scatter-chart.ts'
import { chartColours } from '#renderer/ui/charts/chart-colours.ts'

const ratio: ChartKey = { key: 'distill.maskRatio', label: 'Mask ratio', kind: 'parameter' }
const rate: ChartKey = { key: 'distill.learningRate', label: 'Learning rate', kind: 'parameter' }
const seed: ChartKey = { key: 'general.seed', label: 'Seed', kind: 'parameter' }
const dataset: ChartKey = { key: 'dataset', label: 'Dataset', kind: 'fact' }
const top1: ChartKey = { key: 'test.top1', label: 'Test top-1', kind: 'metric' }
const loss: ChartKey = { key: 'train.loss', label: 'Training loss', kind: 'metric' }
const keys = [seed, ratio, rate, dataset, loss, top1]

const run = (id: string, values: Record<string, Value>): ChartRun => ({
  id,
  label: `run ${id}`,
  valueOf: (key) => values[key] ?? null,
})
const settings = (
  maskRatio: number,
  learningRate: number,
  of: number,
  result: number | null,
): Record<string, Value> => ({
  [ratio.key]: maskRatio,
  [rate.key]: learningRate,
  [seed.key]: of,
  [dataset.key]: 'shapes',
  [top1.key]: result,
})
const runs = [
  run('a', settings(0.75, 1e-5, 0, 60)),
  run('b', settings(0.75, 1e-5, 1, 64)),
  run('c', settings(0.9, 1e-3, 0, 70)),
  run('d', settings(0.9, 1e-3, 1, Number.NaN)),
  run('e', settings(0.9, 1e-2, 1, null)),
]
const colours = chartColours(false)
const nothing = new Set<string>()

describe('runs without a position on an axis', () => {
  it('are left out and counted, with the reason', () => {
    const { placed, leftOut } = place(runs, [ratio, top1])
    expect(placed.map((found) => found.run.id)).toEqual(['a', 'b', 'c'])
    expect(leftOut).toBe('Left out: 1 run whose Test top-1 is not finite and 1 run without a value of Test top-1.')
  })
  it('are not spoken of if there are none', () => expect(place(runs, [ratio]).leftOut).toBe(''))
})

describe('the keys of axes', () => {
  it('are the parameters that differ among the runs with the result, the seed last', () =>
    expect(differingKeys(runs, keys, top1)).toEqual([ratio, rate, seed]))
  it('are metrics that a run has a finite value of', () => expect(resultKeys(runs, keys)).toEqual([top1]))
  it.each([
    { values: [1e-5, 1e-3], type: 'log' },
    { values: [0.75, 0.9], type: 'value' },
    { values: [0, 1000], type: 'value' },
    { values: ['on', 'off'], type: 'category' },
    { values: [], type: 'value' },
  ])('have a $type axis for $values', ({ values, type }) => expect(scaleOf(values).type).toBe(type))
})

describe('the scatter chart', () => {
  const chart = scatterChart(runs, { x: rate, y: top1, colour: ratio }, new Set(['b']), colours)
  it('has a series for each colour, whose marks know their runs', () =>
    expect(chart.marks).toEqual([[['a'], ['b']], [['c']]]))
  it('finds the runs inside an area', () => {
    expect(chart.within([0, 1e-4], [0, 100])).toEqual(['a', 'b'])
    expect(chart.within([0, 1], [65, 100])).toEqual(['c'])
  })
  it('fades what is not selected', () =>
    expect(chart.option.series).toMatchObject([
      { data: [{ itemStyle: { opacity: 0.15 } }, { itemStyle: { opacity: 1 } }] },
      { data: [{ itemStyle: { opacity: 0.15 } }] },
    ]))
  it('has its values as a table', () =>
    expect(chart.table.rows.map(({ cells }) => cells)).toEqual([
      ['run a', 1e-5, 60, 0.75],
      ['run b', 1e-5, 64, 0.75],
      ['run c', 1e-3, 70, 0.9],
    ]))
})

describe('the parallel coordinates', () => {
  const chart = parallelChart(runs, [ratio, rate, top1], nothing, colours)
  it('select the runs inside the intervals of every axis', () => {
    expect(chart.within(new Map([[ratio.key, [[0.7, 0.8]]]]))).toEqual(['a', 'b'])
    expect(
      chart.within(
        new Map([
          [ratio.key, [[0.7, 0.8]]],
          [top1.key, [[62, 100]]],
        ]),
      ),
    ).toEqual(['b'])
  })
  it('leave out runs without a value on an axis', () => expect(chart.marks[0]).toHaveLength(3))
})

describe('the heat map', () => {
  const chart = heatMap(runs, { x: ratio, y: rate, result: top1 }, nothing, colours)
  it('has the mean and the number of runs of each pair', () =>
    expect(chart.table.rows).toEqual([
      { cells: [0.75, 1e-5, 62, 2], runIds: ['a', 'b'] },
      { cells: [0.9, 1e-3, 70, 1], runIds: ['c'] },
    ]))
})

describe('the groups', () => {
  const choice = { group: ratio, result: top1, spread: 'error', isFromZero: true } as const
  it('have a mean and its standard error; a single run has none', () => {
    const chart = barChart(runs, choice, nothing, colours)
    expect(chart.table.rows.map(({ cells }) => cells)).toEqual([
      [0.75, 62, standardErrorOf([60, 64]), 2],
      [0.9, 70, null, 1],
    ])
    expect(chart.leftOut).toMatch(/^Left out: .*\. 1 group has one run and so no error bar\.$/)
  })
  it('have a 95 % interval on request', () =>
    expect(barChart(runs, { ...choice, spread: 'interval' }, nothing, colours).table.rows[0]?.cells[2]).toBe(
      intervalOf([60, 64]),
    ))
  it('have no bars if the axis does not begin at zero', () =>
    expect(barChart(runs, { ...choice, isFromZero: false }, nothing, colours).option).toMatchObject({
      yAxis: { scale: true },
      series: [{ type: 'scatter' }, { type: 'custom' }],
    }))
})
