import { z } from 'zod'
import type { BucketedSeries, Buckets } from './buckets.ts'
import { encodeMetric, metricName, type MetricValue } from './metric.ts'

/**
 * A bucketed series as it is sent to the window: its numbers are columns of float64, little-endian, in Base64. As JSON, thousands of
 * numbers per curve take several times longer to write, send and read.
 */
export const packedSeries = z.object({
  runId: z.string(),
  name: metricName,
  width: z.int().positive(),
  lastStep: z.int(),
  /** `start`, `first`, `last`, `min`, `max`; if the width is 1, only `start` and `last`, which the others equal. */
  columns: z.string(),
})
export type PackedSeries = z.infer<typeof packedSeries>

/** Bytes of the columns of buckets. */
export function packColumns({ width, start, first, last, min, max }: Buckets<number>): Uint8Array {
  const columns = width === 1 ? [start, last] : [start, first, last, min, max]
  const numbers = new Float64Array(start.length * columns.length)
  columns.forEach((column, index) => numbers.set(column, index * start.length))
  return new Uint8Array(numbers.buffer)
}

/** The series of packed columns. */
export function unpackSeries({ runId, name, width, lastStep }: PackedSeries, columns: Uint8Array): BucketedSeries {
  // A copy begins at a multiple of eight bytes, as the view demands.
  const numbers = new Float64Array(new Uint8Array(columns).buffer)
  const count = width === 1 ? 2 : 5
  const length = numbers.length / count
  // Plain loops: `Array.from` of a view takes several times longer, and a page reads a million numbers at once.
  const start: number[] = []
  for (let at = 0; at < length; at++) start.push(numbers[at] ?? 0)
  const column = (index: number): MetricValue[] => {
    const values: MetricValue[] = []
    for (let at = index * length; at < (index + 1) * length; at++) values.push(encodeMetric(numbers[at] ?? Number.NaN))
    return values
  }
  if (width === 1) {
    const values = column(1)
    return { runId, name, width, lastStep, start, first: values, last: values, min: values, max: values }
  }
  return { runId, name, width, lastStep, start, first: column(1), last: column(2), min: column(3), max: column(4) }
}
