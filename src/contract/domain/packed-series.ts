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
  /** The starts of the buckets if all are equally far apart, as they mostly are; they are no column then. */
  starts: z.object({ first: z.int(), stride: z.int().positive() }).optional(),
  /** `start`, `first`, `last`, `min`, `max`; if the width is 1, only `start` and `last`, which the others equal. */
  columns: z.string(),
})
export type PackedSeries = z.infer<typeof packedSeries>
type Starts = NonNullable<PackedSeries['starts']>

/** The starts of buckets, and the bytes of their columns. */
export function packBuckets(buckets: Buckets<number>): { starts?: Starts; bytes: Uint8Array } {
  const { width, start, first, last, min, max } = buckets
  const starts = equallySpaced(start)
  const values = width === 1 ? [last] : [first, last, min, max]
  const columns = starts === undefined ? [start, ...values] : values
  const numbers = new Float64Array(start.length * columns.length)
  columns.forEach((column, index) => numbers.set(column, index * start.length))
  const bytes = new Uint8Array(numbers.buffer)
  return starts === undefined ? { bytes } : { starts, bytes }
}

function equallySpaced(start: readonly number[]): Starts | undefined {
  const [first, second] = start
  if (first === undefined || second === undefined) return undefined
  const stride = second - first
  return start.every((step, index) => step === first + index * stride) ? { first, stride } : undefined
}

/** The series of packed columns. */
export function unpackSeries(packed: PackedSeries, columns: Uint8Array): BucketedSeries {
  const { runId, name, width, lastStep, starts } = packed
  // A view must begin at a multiple of eight bytes, as a copy does.
  const { buffer, byteOffset } = columns.byteOffset % 8 === 0 ? columns : new Uint8Array(columns)
  const numbers = new Float64Array(buffer, byteOffset, columns.length / 8)
  /** Columns before the values. */
  const before = starts === undefined ? 1 : 0
  const length = numbers.length / (before + (width === 1 ? 1 : 4))
  // Plain loops: `Array.from` of a view takes several times longer, and a page reads a million numbers at once.
  const start: number[] = []
  for (let at = 0; at < length; at++)
    start.push(starts === undefined ? (numbers[at] ?? 0) : starts.first + at * starts.stride)
  const column = (index: number): MetricValue[] => {
    const values: MetricValue[] = []
    for (let at = (before + index) * length, end = at + length; at < end; at++)
      values.push(encodeMetric(numbers[at] ?? Number.NaN))
    return values
  }
  if (width === 1) {
    const values = column(0)
    return { runId, name, width, lastStep, start, first: values, last: values, min: values, max: values }
  }
  return { runId, name, width, lastStep, start, first: column(0), last: column(1), min: column(2), max: column(3) }
}
