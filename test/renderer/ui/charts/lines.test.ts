import { describe, expect, it } from 'vitest'
import type { BucketedSeries } from '#contract/domain/buckets.ts'
import type { MetricValue } from '#contract/domain/metric.ts'
import { bandOf, type Spread } from '#renderer/ui/charts/bands.ts'
import { chartList, withMoved } from '#renderer/ui/charts/chart-list.ts'
import { figureCsv } from '#renderer/ui/charts/figure.ts'
import { extentOf, lineOf, readingAt } from '#renderer/ui/charts/lines.ts'
import { axisOf, formatPosition, interpolate, nearestIndex } from '#renderer/ui/charts/x-axis.ts'

function series(steps: number[], values: MetricValue[], width = 1): BucketedSeries {
  return {
    runId: 'r',
    name: 'train/loss',
    width,
    start: steps,
    first: values,
    last: values,
    min: values,
    max: values,
    lastStep: (steps.at(-1) ?? 0) + width - 1,
  }
}
const run = { totalSteps: 100, epochs: 10, effectiveBatchSize: 64 }
const times = { runId: 'r', steps: [0, 10, 20], wallMs: [0, 10_000, 100_000], computeMs: [0, 10_000, 20_000] }
const steps = axisOf('step', run, undefined)!

describe('the horizontal axis', () => {
  it.each([
    { kind: 'step' as const, expected: 15 },
    { kind: 'epoch' as const, expected: 1.5 },
    { kind: 'samples' as const, expected: 960 },
    { kind: 'wall' as const, expected: 55 },
    { kind: 'compute' as const, expected: 15 },
  ])('places step 15 at $expected of $kind and back', ({ kind, expected }) => {
    const map = axisOf(kind, run, times)!
    expect(map.toX(15)).toBeCloseTo(expected)
    expect(map.toStep(expected)).toBeCloseTo(15)
  })
  it('has no positions for a run that lacks what they need', () => {
    const unknown = { totalSteps: null, epochs: null, effectiveBatchSize: null }
    expect(axisOf('epoch', unknown, undefined)).toBeUndefined()
    expect(axisOf('samples', unknown, undefined)).toBeUndefined()
    expect(axisOf('wall', run, undefined)).toBeUndefined()
    expect(axisOf('compute', run, { runId: 'r', steps: [], wallMs: [], computeMs: [] })).toBeUndefined()
  })
  it('does not guess times outside of the recorded ones', () =>
    expect(axisOf('wall', run, times)!.toX(21)).toBeUndefined())
  it('never goes back, even if the clock did', () => {
    const map = axisOf('wall', run, { ...times, wallMs: [0, 10_000, 5000] })!
    expect(map.toX(20)).toBe(10)
  })
  it.each([
    ['step', 1234, 'step 1\u202f234'],
    ['epoch', 1.5, 'epoch 1.5'],
    ['samples', 960, '960 samples'],
    ['wall', 0.5, '0.5 s'],
    ['wall', 90, '1 min 30 s'],
    ['compute', 7200, '2 h'],
    ['compute', 3599.9, '1 h'],
  ] as const)('%s %s is written %s', (kind, x, expected) => expect(formatPosition(kind, x)).toBe(expected))
})

it('finds the nearest number and interpolates', () => {
  expect(nearestIndex([], 3)).toBe(-1)
  expect(nearestIndex([1, 5, 9], 6)).toBe(1)
  expect(nearestIndex([1, 5, 9], 100)).toBe(2)
  // The last value of a curve is read at the largest number.
  expect(nearestIndex([1, 5, 9], Number.MAX_VALUE)).toBe(2)
  expect(nearestIndex([1, 5, 9], -Number.MAX_VALUE)).toBe(0)
  expect(interpolate([0, 10], [0, 5], 4)).toBe(2)
  expect(interpolate([0, 10], [0, 5], 11)).toBeUndefined()
})

const options = {
  smoothing: 0,
  spacing: 1,
  isLogarithmic: false,
  isLogarithmicX: false,
  hasRanges: false,
  map: steps,
  entry: 'r',
  variant: 0,
  isBaseline: false,
}
const curve = (data: BucketedSeries) => ({ id: 'r', runId: 'r', label: 'run', style: 0, name: data.name, series: data })

describe('a line', () => {
  const data = series([0, 10, 20], [3, 'NaN', 1])
  const line = lineOf(curve(data), data, options)
  it('has its points, gaps and marks at their positions', () => {
    expect(line).toMatchObject({ xs: [0, 10, 20], ys: [3, null, 1], marks: [{ step: 10, x: 10, value: 'NaN' }] })
  })
  it('leaves out what a logarithmic axis cannot show', () =>
    expect(lineOf(curve(data), data, { ...options, isLogarithmicX: true }).xs).toEqual([10, 20]))
  it('reads the nearest point, also one that is not finite, and nothing far from its ends', () => {
    expect(readingAt(line, 11, 1)).toMatchObject({ step: 10, value: 'NaN' })
    expect(readingAt(line, 20.5, 1)).toMatchObject({ step: 20, value: 1 })
    expect(readingAt(line, 30, 1)).toBeUndefined()
  })
  it('has an extent in a range, or of all if only the line crosses the range', () => {
    expect(extentOf([line], [15, 25], false)).toEqual([1, 1])
    expect(extentOf([line], [2, 3], false)).toEqual([1, 3])
    expect(extentOf([], undefined, false)).toEqual([null, null])
  })
  it('is written as CSV with its NaN, and fields with commas are quoted', () =>
    expect(
      figureCsv([{ ...line, label: 'a, "b"' }], 'step')
        .split('\n')
        .slice(0, 3),
    ).toEqual([
      'line,metric,step,value,min,max,smoothed,runs',
      '"a, ""b""",train/loss,0,3,3,3,,1',
      '"a, ""b""",train/loss,10,NaN,NaN,NaN,,1',
    ]))
  it('is written as CSV without ranges if they are not known', () => {
    const wide = { ...data, width: 10, lastStep: 29 }
    expect(figureCsv([lineOf(curve(wide), wide, options)], 'step').split('\n')[1]).toBe('run,train/loss,9,3,,,,1')
  })
})

const member = (data: BucketedSeries, map = steps) => ({ series: data, map })

describe('a band', () => {
  const a = series([0, 10, 20, 30], [1, 2, 3, 4])
  const b = series([0, 10, 20], [3, 4, 'NaN'])
  it.each<[Spread, number, number]>([
    ['range', 1, 3],
    ['error', 1, 3],
    ['interval', 2 - 12.7062, 2 + 12.7062],
  ])('of %s reaches from %s to %s', (spread, low, high) => {
    const band = bandOf([member(a), member(b)], spread)
    expect(band.low[0]).toBeCloseTo(low, 3)
    expect(band.high[0]).toBeCloseTo(high, 3)
  })
  it('averages at steps at which every member has a finite value', () =>
    expect(bandOf([member(a), member(b)], 'range')).toMatchObject({
      steps: [0, 10],
      mean: [2, 3],
      isInterpolated: false,
    }))
  it('of one run is its line without an error', () =>
    expect(bandOf([member(a)], 'error')).toMatchObject({ mean: [1, 2, 3, 4], low: [null, null, null, null] }))
  it('compares buckets of the same steps', () => {
    const narrow = series([0, 2, 4, 6], [1, 2, 3, 4], 2)
    const wide = series([0, 4], [10, 20], 4)
    expect(bandOf([member(narrow), member(wide)], 'range')).toMatchObject({ steps: [3, 7], mean: [6, 12] })
  })
  it('ends before the bucket in which a member ends', () => {
    const long = { ...series([0, 4, 8], [1, 2, 3], 4) }
    const short = { ...series([0, 4], [3, 4], 4), lastStep: 5 }
    expect(bandOf([member(long), member(short)], 'range').mean).toEqual([2])
  })
  it('interpolates if steps of the members lie at different positions', () => {
    const slow = axisOf('samples', { ...run, effectiveBatchSize: 1 }, undefined)!
    const fast = axisOf('samples', { ...run, effectiveBatchSize: 2 }, undefined)!
    const line = series([0, 10, 20], [0, 10, 20])
    expect(bandOf([member(line, slow), member(line, fast)], 'range')).toMatchObject({
      xs: [0, 10, 20],
      mean: [0, 7.5, 15],
      steps: [],
      isInterpolated: true,
    })
  })
})

describe('the list of charts', () => {
  const names = [
    'system/memory',
    'optimizer/loss-scale',
    'validation/top1',
    'train/loss',
    'train/top1',
    'validation/loss',
    'progress/epoch',
  ]
  const plain = { isTogether: false, search: '', hidden: [], order: [] }
  const keysOf = (change: Partial<Parameters<typeof chartList>[1]>) =>
    chartList(names, { ...plain, ...change }).map(({ key }) => key)
  it('has losses first and the machine marked', () => {
    expect(keysOf({})).toEqual([
      'train/loss',
      'validation/loss',
      'train/top1',
      'validation/top1',
      'optimizer/loss-scale',
      'system/memory',
    ])
    expect(
      chartList(names, plain)
        .filter(({ isMachine }) => isMachine)
        .map(({ key }) => key),
    ).toEqual(['system/memory'])
  })
  it('puts a quantity of several phases into one chart', () =>
    expect(chartList(names, { ...plain, isTogether: true }).slice(0, 2)).toEqual([
      { key: 'train/loss', title: 'Loss', names: ['train/loss', 'validation/loss'], isMachine: false },
      { key: 'train/top1', title: 'Top-1', names: ['train/top1', 'validation/top1'], isMachine: false },
    ]))
  it('is searched by title and name, leaves hidden charts out and follows an order', () => {
    expect(keysOf({ search: 'validation LOSS' })).toEqual(['validation/loss'])
    expect(keysOf({ hidden: ['train/loss'] })).not.toContain('train/loss')
    expect(keysOf({ order: ['system/memory', 'train/loss'] }).slice(0, 3)).toEqual([
      'system/memory',
      'train/loss',
      'validation/loss',
    ])
  })
  it('moves a chart to the position of another', () => {
    expect(withMoved(['a', 'b', 'c'], 'a', 'c')).toEqual(['b', 'c', 'a'])
    expect(withMoved(['a', 'b', 'c'], 'c', 'a')).toEqual(['c', 'a', 'b'])
    expect(withMoved(['a'], 'x', 'a')).toEqual(['a'])
  })
})
