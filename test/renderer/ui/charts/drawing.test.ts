import { describe, expect, it } from 'vitest'
import { curveStyle, fade } from '#contract/charts/palette.ts'
import { logRange, logTicks, stepRange, valueRange, tickLabels } from '#contract/charts/scales.ts'
import type { BucketedSeries } from '#contract/domain/buckets.ts'
import type { MetricName, MetricValue } from '#contract/domain/metric.ts'
import { columnsOf } from '#renderer/ui/charts/columns.ts'
import { smooth, spacingOf } from '#renderer/ui/charts/smoothing.ts'
import { formatMetric, formatStep, shortName } from '#renderer/ui/format.ts'

describe('smooth', () => {
  it('is the bias-corrected exponential average at unit spacing', () => {
    const values = [4, 2, 6]
    const weight = 0.5
    const biased = [2, 2, 4]
    const expected = biased.map((value, index) => value / (1 - weight ** (index + 1)))
    smooth([0, 1, 2], values, weight, 1).forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, 12))
  })
  it.each([
    { name: 'a weight of 0 changes nothing', weight: 0, values: [3, null, 1], expected: [3, null, 1] },
    { name: 'a constant stays as it is', weight: 0.9, values: [2, 2, 2], expected: [2, 2, 2] },
    { name: 'a gap stays a gap', weight: 0.9, values: [2, null, 2], expected: [2, null, 2] },
  ])('$name', ({ weight, values, expected }) => {
    expect(smooth([0, 1, 2], values, weight, 1).map((value) => value && Number(value.toFixed(12)))).toEqual(expected)
  })
  it('decays per step, not per point', () => {
    const near = smooth([0, 10], [0, 1], 0.9, 10)[1]!
    const far = smooth([0, 100], [0, 1], 0.9, 10)[1]!
    expect(far).toBeGreaterThan(near)
  })
  it.each([
    { steps: [], expected: 1 },
    { steps: [7], expected: 1 },
    { steps: [0, 10, 20], expected: 10 },
  ])('spacing of $steps is $expected', ({ steps, expected }) => expect(spacingOf(steps)).toBe(expected))
})

const series = (parts: Partial<BucketedSeries>): BucketedSeries => ({
  runId: 'r',
  name: 'train/loss',
  width: 1,
  start: [],
  first: [],
  last: [],
  min: [],
  max: [],
  lastStep: -1,
  ...parts,
})
const plain = { smoothing: 0, spacing: 1, isLogarithmic: false, hasRanges: true }

describe('columnsOf', () => {
  it('draws a bucket at its end, and the last one at the last step', () => {
    const { steps, low, high, last } = columnsOf(
      series({ width: 4, start: [0, 4], first: [1, 2], last: [3, 4], min: [1, 2], max: [5, 6], lastStep: 5 }),
      plain,
    )
    expect({ steps, low, high, last }).toEqual({ steps: [3, 5], low: [1, 2], high: [5, 6], last: [3, 4] })
  })
  it('has no band if the ranges of buckets are not known', () => {
    const buckets = series({ width: 4, start: [0], first: [3], last: [3], min: [3], max: [3], lastStep: 3 })
    expect(columnsOf(buckets, { ...plain, hasRanges: false })).toMatchObject({ last: [3], low: [], high: [] })
  })
  it('turns NaN and infinities into gaps with a mark', () => {
    const values: MetricValue[] = [1, 'NaN', 'Infinity', '-Infinity']
    const { last, marks } = columnsOf(
      series({ start: [0, 1, 2, 3], first: values, last: values, min: values, max: values, lastStep: 3 }),
      plain,
    )
    expect(last).toEqual([1, null, null, null])
    expect(marks).toEqual([
      { step: 1, value: 'NaN' },
      { step: 2, value: 'Infinity' },
      { step: 3, value: '-Infinity' },
    ])
  })
  it('marks a bucket that contains a NaN', () => {
    const { last, marks } = columnsOf(
      series({ width: 2, start: [0], first: ['NaN'], last: [1], min: [1], max: [1], lastStep: 1 }),
      plain,
    )
    expect({ last, marks }).toEqual({ last: [1], marks: [{ step: 1, value: 'NaN' }] })
  })
  it('omits values that a logarithmic scale cannot show', () => {
    expect(
      columnsOf(series({ start: [0, 1], first: [0, 1], last: [0, 1], min: [0, 1], max: [0, 1], lastStep: 1 }), {
        ...plain,
        isLogarithmic: true,
      }).last,
    ).toEqual([null, 1])
  })
})

describe('formatting', () => {
  it.each<[MetricName, MetricValue, string]>([
    ['train/loss', 0.5, '0.5'],
    ['test/top1', 62.5, '62.5 %'],
    ['speed/clips-per-second', 18.25, '18.25 clips/s'],
    ['train/loss', 'NaN', 'NaN'],
    ['test/top1', '-Infinity', '−∞'],
  ])('%s of %s is written %s', (name, value, expected) => expect(formatMetric(name, value)).toBe(expected))
  it.each([
    [999, '999'],
    [1000, '1\u202f000'],
    [86_000_123, '86\u202f000\u202f123'],
  ])('step %s is written %s', (step, expected) => expect(formatStep(step)).toBe(expected))
  it.each<[MetricName, string]>([
    ['validation/top1', 'validation top-1'],
    ['train/loss', 'training loss'],
    ['optimizer/learning-rate', 'learning rate'],
  ])('%s is short for %s', (name, expected) => expect(shortName(name)).toBe(expected))
  it('gives each metric of a run another short name', () => {
    const names = ['train/loss', 'validation/loss', 'train/top1', 'validation/top1', 'test/top1', 'train/video-loss']
    expect(new Set(names.map(shortName)).size).toBe(names.length)
  })
})

describe('curveStyle', () => {
  it.each(['light', 'dark'] as const)('has 49 distinct styles in the %s theme', (theme) => {
    const styles = Array.from({ length: 49 }, (_, index) => JSON.stringify(curveStyle(index, theme)))
    expect(new Set(styles).size).toBe(49)
  })
  it('fades a colour', () => expect(fade('#0072b2', 0.5)).toBe('#0072b280'))
})

describe('scales', () => {
  it.each([
    { min: null, max: null, expected: [0, 1] },
    { min: 0, max: 100, expected: [0, 108] },
    { min: -50, max: 50, expected: [-58, 58] },
    { min: 5, max: 5, expected: [4.5, 5.5] },
    { min: 0, max: 0, expected: [0, 1] },
  ])('values from $min to $max reach $expected', ({ min, max, expected }) =>
    expect(valueRange(min, max)).toEqual(expected),
  )
  it.each([
    { min: null, max: null, expected: [0, 1] },
    { min: 0, max: 0, expected: [0, 1] },
    { min: 7, max: 7, expected: [6, 8] },
    { min: 3, max: 90, expected: [3, 90] },
  ])('steps from $min to $max reach $expected', ({ min, max, expected }) =>
    expect(stepRange(min, max)).toEqual(expected),
  )
  it('a logarithmic scale holds its values', () => {
    const [from, to] = logRange(0.01, 100)
    expect(from).toBeLessThan(0.01)
    expect(to).toBeGreaterThan(100)
    expect(logRange(0, 3)).toEqual([0.1, 1])
  })
  it.each([
    { min: 0.001, max: 12, expected: [0.001, 0.01, 0.1, 1, 10] },
    { min: 0.04, max: 3.5, expected: [0.1, 0.3, 1, 3] },
    { min: 0.5, max: 1.1, expected: [0.5, 0.7, 1] },
    { min: 0.42, max: 0.75, expected: [0.5, 0.6, 0.7] },
    { min: 0.61, max: 0.65, expected: [0.61, 0.62, 0.63, 0.64, 0.65] },
    { min: 0.21, max: 0.42, expected: [0.25, 0.3, 0.35, 0.4] },
    { min: 1e-8, max: 10, expected: [1e-8, 1e-6, 1e-4, 0.01, 1] },
  ])('ticks between $min and $max are $expected', ({ min, max, expected }) =>
    expect(logTicks(min, max)).toEqual(expected),
  )
})

describe('labels of an axis', () => {
  it.each([
    [
      [0.8, 1, 1.2],
      ['0.8', '1', '1.2'],
    ],
    [
      [1.0775, 1.078, 1.0785],
      ['1.0775', '1.078', '1.0785'],
    ],
    [
      [1_000_000, 1_000_500],
      ['1e+6', '1.0005e+6'],
    ],
    [
      [0, 2e-5, 4e-5],
      ['0', '2e-5', '4e-5'],
    ],
    [
      [2.8e-5, null, 3e-5],
      ['2.8e-5', '', '3e-5'],
    ],
    [[7], ['7']],
  ])('of %j are %j', (ticks, labels) => expect(tickLabels(ticks)).toEqual(labels))
})
