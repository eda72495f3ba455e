import { describe, expect, it } from 'vitest'
import { type BucketedSeries, widen } from '#contract/domain/buckets.ts'
import type { MetricValue } from '#contract/domain/metric.ts'
import { appendPoints, emptySeries } from '#renderer/ui/charts/series.ts'

const empty = emptySeries('r', 'train/loss')
const grow = (points: [number, MetricValue][], maxBuckets: number, from: BucketedSeries = empty): BucketedSeries =>
  appendPoints(from, { steps: points.map(([step]) => step), values: points.map(([, value]) => value) }, maxBuckets)
const pick = ({ width, start, first, last, min, max, lastStep }: BucketedSeries) => ({
  width,
  start,
  first,
  last,
  min,
  max,
  lastStep,
})

describe('appendPoints', () => {
  it.each([
    {
      name: 'keeps every point while there is room',
      points: [
        [0, 3],
        [1, 1],
        [2, 2],
      ] as [number, MetricValue][],
      room: 4,
      expected: {
        width: 1,
        start: [0, 1, 2],
        first: [3, 1, 2],
        last: [3, 1, 2],
        min: [3, 1, 2],
        max: [3, 1, 2],
        lastStep: 2,
      },
    },
    {
      name: 'doubles the width when full',
      points: [
        [0, 3],
        [1, 1],
        [2, 2],
      ] as [number, MetricValue][],
      room: 2,
      expected: { width: 2, start: [0, 2], first: [3, 2], last: [1, 2], min: [1, 2], max: [3, 2], lastStep: 2 },
    },
    {
      name: 'doubles as often as it takes',
      points: [
        [0, 1],
        [9, 2],
        [18, 3],
        [27, 4],
      ] as [number, MetricValue][],
      room: 1,
      expected: { width: 32, start: [0], first: [1], last: [4], min: [1], max: [4], lastStep: 27 },
    },
    {
      name: 'anchors buckets at step 0',
      points: [
        [5, 1],
        [6, 2],
        [7, 9],
        [8, 4],
      ] as [number, MetricValue][],
      room: 3,
      expected: {
        width: 2,
        start: [4, 6, 8],
        first: [1, 2, 4],
        last: [1, 9, 4],
        min: [1, 2, 4],
        max: [1, 9, 4],
        lastStep: 8,
      },
    },
    {
      name: 'leaves NaN out of the range of a bucket',
      points: [
        [0, 'NaN'],
        [1, 5],
        [2, 7],
        [3, 'NaN'],
      ] as [number, MetricValue][],
      room: 2,
      expected: { width: 2, start: [0, 2], first: ['NaN', 7], last: [5, 'NaN'], min: [5, 7], max: [5, 7], lastStep: 3 },
    },
    {
      name: 'keeps infinity in the range',
      points: [
        [0, 1],
        [1, 'Infinity'],
        [2, '-Infinity'],
      ] as [number, MetricValue][],
      room: 1,
      expected: {
        width: 4,
        start: [0],
        first: [1],
        last: ['-Infinity'],
        min: ['-Infinity'],
        max: ['Infinity'],
        lastStep: 2,
      },
    },
  ])('$name', ({ points, room, expected }) => {
    expect(pick(grow(points, room))).toEqual(expected)
  })

  it('drops what the snapshot already holds', () => {
    const snapshot = grow(
      [
        [0, 1],
        [1, 2],
        [2, 3],
      ],
      8,
    )
    expect(
      grow(
        [
          [1, 99],
          [2, 99],
          [3, 4],
        ],
        8,
        snapshot,
      ).last,
    ).toEqual([1, 2, 3, 4])
  })

  it('gives the same buckets whether points come one by one or at once', () => {
    const points = Array.from({ length: 300 }, (_, step): [number, MetricValue] => [step * 3, Math.sin(step)])
    const oneByOne = points.reduce((series, point) => grow([point], 20, series), empty)
    expect(pick(oneByOne)).toEqual(pick(grow(points, 20)))
    expect(oneByOne.start.length).toBeLessThanOrEqual(20)
    expect(oneByOne.width).toBe(64)
  })

  it('leaves the given curve alone', () => {
    const before = grow([[0, 1]], 8)
    grow([[1, 2]], 8, before)
    expect(before.start).toEqual([0])
  })
})

it('widen doubles the width and merges neighbours only', () => {
  const series = grow(
    [
      [1, 4],
      [2, 3],
      [3, 8],
      [9, 1],
    ],
    8,
  )
  expect(widen(series)).toEqual({
    width: 2,
    start: [0, 2, 8],
    first: [4, 3, 1],
    last: [4, 8, 1],
    min: [4, 3, 1],
    max: [4, 8, 1],
  })
})
