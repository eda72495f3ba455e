import { expect, test } from 'vitest'
import { bucketize, bucketWidth } from '#contract/domain/buckets.ts'

test.each([
  { points: 0, first: 0, last: 0, most: 16, width: 1, why: 'nothing' },
  { points: 16, first: 1, last: 16, most: 16, width: 1, why: 'as many points as buckets are exact' },
  { points: 17, first: 0, last: 16, most: 16, width: 2, why: 'one more doubles the width' },
  { points: 33, first: 0, last: 32, most: 16, width: 4, why: 'widths are powers of two' },
  { points: 5, first: 0, last: 1_000_000, most: 16, width: 1, why: 'few points stay exact however far apart' },
  { points: 17, first: 15, last: 31, most: 16, width: 2, why: 'anchored at step 0, not at the first point' },
  { points: 50_000, first: 1, last: 50_000, most: 1000, width: 64, why: 'a long curve' },
])(
  '$points points over $first..$last in at most $most buckets are $width wide: $why',
  ({ points, first, last, most, width }) => {
    expect(bucketWidth(points, first, last, most)).toBe(width)
  },
)

const curve = (length: number) => ({
  steps: Array.from({ length }, (_, step) => step),
  values: Array.from({ length }, (_, step) => (step * 7919) % 1000),
})

test('few points come back as they are', () => {
  const points = { steps: [3, 10, 500], values: [1, 2, 3] }
  expect(bucketize(points, 16)).toEqual({
    width: 1,
    start: [3, 10, 500],
    first: [1, 2, 3],
    last: [1, 2, 3],
    min: [1, 2, 3],
    max: [1, 2, 3],
  })
})

test('a bucket holds first, last, minimum and maximum of its steps', () => {
  const steps = Array.from({ length: 20 }, (_, step) => step)
  const values = steps.map((step) => (step % 2 === 0 ? step : -step))
  const { width, start, first, last, min, max } = bucketize({ steps, values }, 16)
  expect({
    width,
    start: start.slice(0, 3),
    first: first.slice(0, 3),
    last: last.slice(0, 3),
    min: min.slice(0, 3),
    max: max.slice(0, 3),
  }).toEqual({ width: 2, start: [0, 2, 4], first: [0, 2, 4], last: [-1, -3, -5], min: [-1, -3, -5], max: [0, 2, 4] })
})

test('every bucket agrees with its points, and none is lost', () => {
  const points = curve(10_007)
  const { width, start, first, last, min, max } = bucketize(points, 100)
  expect(start.length).toBeLessThanOrEqual(100)
  for (const [index, from] of start.entries()) {
    const inside = points.values.filter((_, at) => points.steps[at]! >= from && points.steps[at]! < from + width)
    expect([first[index], last[index], min[index], max[index]]).toEqual([
      inside[0],
      inside.at(-1),
      Math.min(...inside),
      Math.max(...inside),
    ])
  }
})

test('a bucket that is full never changes while the curve grows', () => {
  const short = bucketize(curve(3000), 100)
  const long = bucketize(curve(3150), 100)
  expect(long.width).toBe(short.width)
  expect(long.min.slice(0, 90)).toEqual(short.min.slice(0, 90))
  expect(long.first.slice(0, 90)).toEqual(short.first.slice(0, 90))
})

test('NaN is neither minimum nor maximum unless there is nothing else', () => {
  const steps = Array.from({ length: 32 }, (_, step) => step)
  const values = steps.map((step) => (step < 2 ? Number.NaN : step === 3 ? Number.NaN : step))
  const { first, last, min, max } = bucketize({ steps, values }, 16)
  expect([first[0], last[0], min[0], max[0]]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN])
  expect([first[1], last[1], min[1], max[1]]).toEqual([2, Number.NaN, 2, 2])
})

test('infinities count as extremes', () => {
  const steps = Array.from({ length: 32 }, (_, step) => step)
  const { min, max } = bucketize(
    {
      steps,
      values: steps.map((step) =>
        step === 0 ? Number.NEGATIVE_INFINITY : step === 1 ? Number.POSITIVE_INFINITY : step,
      ),
    },
    16,
  )
  expect([min[0], max[0]]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY])
})
