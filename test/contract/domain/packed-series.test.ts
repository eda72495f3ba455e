import { array, assert, boolean, double, integer, property, tuple } from 'fast-check'
import { expect, it } from 'vitest'
import { type Buckets, bucketize } from '#contract/domain/buckets.ts'
import { encodeMetric } from '#contract/domain/metric.ts'
import { packBuckets, unpackSeries } from '#contract/domain/packed-series.ts'

const facts = { runId: 'r', name: 'train/loss', lastStep: 9 }
function unpacked(buckets: Buckets<number>, hasRanges: boolean) {
  const { bytes, ...packed } = packBuckets(buckets, hasRanges)
  return unpackSeries({ ...facts, ...packed, columns: '' }, bytes)
}
/** The value that a chart marks in each bucket. */
const marksOf = ({ first, last, min, max }: Buckets) =>
  last.map((_, bucket) =>
    [first, last, min, max].map((column) => column[bucket]).find((value) => typeof value === 'string'),
  )

it('keeps every number that is drawn, also NaN and infinities', () => {
  assert(
    property(
      array(tuple(double(), boolean()), { maxLength: 40 }),
      integer({ min: 1, max: 40 }),
      boolean(),
      (points, maxBuckets, hasRanges) => {
        const kept = points.flatMap(([value, isLeftOut], step) => (isLeftOut ? [] : [{ step, value }]))
        const [steps, values] = [kept.map(({ step }) => step), kept.map(({ value }) => value)]
        const buckets = bucketize({ steps, values }, maxBuckets)
        const encoded = {
          width: buckets.width,
          start: buckets.start,
          first: buckets.first.map(encodeMetric),
          last: buckets.last.map(encodeMetric),
          min: buckets.min.map(encodeMetric),
          max: buckets.max.map(encodeMetric),
        }
        const sent = unpacked(buckets, hasRanges)
        expect(sent).toMatchObject({ width: encoded.width, start: encoded.start, last: encoded.last })
        expect(marksOf(sent)).toEqual(marksOf(encoded))
        const { last, min, max } = hasRanges ? encoded : { ...encoded, min: encoded.last, max: encoded.last }
        expect(sent).toMatchObject({ last, min, max })
      },
    ),
  )
})

it('reads bytes that begin anywhere in their buffer', () => {
  const columns = { first: [0.5], last: [0.5], min: [0.5], max: [0.5] }
  const { bytes, ...packed } = packBuckets({ width: 1, start: [3], ...columns }, true)
  const shifted = new Uint8Array(bytes.length + 1)
  shifted.set(bytes, 1)
  expect(unpackSeries({ ...facts, ...packed, columns: '' }, shifted.subarray(1))).toMatchObject({
    start: [3],
    last: [0.5],
  })
})

it('sends equally spaced starts as two numbers', () => {
  const values = [0.5, 0.25, 0.125]
  const columns = { first: values, last: values, min: values, max: values }
  expect(packBuckets({ width: 1, start: [99, 199, 299], ...columns }, true)).toEqual({
    width: 1,
    hasRanges: false,
    starts: { first: 99, stride: 100 },
    bytes: new Uint8Array(new Float64Array(values).buffer),
  })
  expect(packBuckets({ width: 1, start: [99, 199, 300], ...columns }, true).starts).toBeUndefined()
})
