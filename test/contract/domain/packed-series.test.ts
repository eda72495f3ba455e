import { array, assert, double, integer, property } from 'fast-check'
import { expect, it } from 'vitest'
import { type Buckets, bucketize } from '#contract/domain/buckets.ts'
import { encodeMetric } from '#contract/domain/metric.ts'
import { packColumns, unpackSeries } from '#contract/domain/packed-series.ts'

const facts = { runId: 'r', name: 'train/loss', lastStep: 9 }
const unpacked = (buckets: Buckets<number>) =>
  unpackSeries({ ...facts, width: buckets.width, columns: '' }, packColumns(buckets))

it('keeps every number, also NaN and infinities', () => {
  assert(
    property(array(double(), { maxLength: 40 }), integer({ min: 1, max: 40 }), (values, maxBuckets) => {
      const buckets = bucketize({ steps: values.map((_, step) => step), values }, maxBuckets)
      const { width, start, first, last, min, max } = unpacked(buckets)
      expect({ width, start, first, last, min, max }).toEqual({
        width: buckets.width,
        start: buckets.start,
        first: buckets.first.map(encodeMetric),
        last: buckets.last.map(encodeMetric),
        min: buckets.min.map(encodeMetric),
        max: buckets.max.map(encodeMetric),
      })
    }),
  )
})

it('reads bytes that begin anywhere in their buffer', () => {
  const bytes = packColumns({ width: 1, start: [3], first: [0.5], last: [0.5], min: [0.5], max: [0.5] })
  const shifted = new Uint8Array(bytes.length + 1)
  shifted.set(bytes, 1)
  expect(unpackSeries({ ...facts, width: 1, columns: '' }, shifted.subarray(1))).toMatchObject({
    start: [3],
    last: [0.5],
  })
})
