import { z } from 'zod'
import type { BucketedSeries, Buckets } from './buckets.ts'
import { encodeMetric, metricName, metricValue, type MetricValue } from './metric.ts'

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
  /** Values that are not finite, by the index of their bucket, if the other columns do not tell. */
  marks: z.array(z.tuple([z.int().nonnegative(), metricValue])).optional(),
  /** Whether there are columns of the smallest and largest values. */
  hasRanges: z.boolean(),
  /** `start` and `last`; with ranges `min` and `max`. */
  columns: z.string(),
})
export type PackedSeries = z.infer<typeof packedSeries>
type Starts = NonNullable<PackedSeries['starts']>

/** What is sent of buckets; `bytes` are those of the columns. If the width is 1, all columns equal `last`, and only that is sent. */
export function packBuckets(
  buckets: Buckets<number>,
  wantsRanges: boolean,
): Pick<PackedSeries, 'width' | 'starts' | 'marks' | 'hasRanges'> & { bytes: Uint8Array } {
  const { width, start, last, min, max } = buckets
  const starts = equallySpaced(start)
  const hasRanges = wantsRanges && width > 1
  const values = hasRanges ? [last, min, max] : [last]
  const columns = starts === undefined ? [start, ...values] : values
  const numbers = new Float64Array(start.length * columns.length)
  columns.forEach((column, index) => numbers.set(column, index * start.length))
  const marks = width === 1 ? [] : marksOf(buckets, hasRanges)
  return {
    width,
    hasRanges,
    ...(starts === undefined ? {} : { starts }),
    ...(marks.length === 0 ? {} : { marks }),
    bytes: new Uint8Array(numbers.buffer),
  }
}

function marksOf({ first, min, max }: Buckets<number>, hasRanges: boolean): [number, MetricValue][] {
  const marks: [number, MetricValue][] = []
  for (let bucket = 0; bucket < first.length; bucket++) {
    const [start = 0, low = 0, high = 0] = [first[bucket], min[bucket], max[bucket]]
    if (!Number.isFinite(start)) marks.push([bucket, encodeMetric(start)])
    else if (!hasRanges && !Number.isFinite(low)) marks.push([bucket, encodeMetric(low)])
    else if (!hasRanges && !Number.isFinite(high)) marks.push([bucket, encodeMetric(high)])
  }
  return marks
}

function equallySpaced(start: readonly number[]): Starts | undefined {
  const [first, second] = start
  if (first === undefined || second === undefined) return undefined
  const stride = second - first
  return start.every((step, index) => step === first + index * stride) ? { first, stride } : undefined
}

/**
 * The series of packed columns. Of the first values of buckets only those that are not finite were sent; the others, and the smallest
 * and largest values without ranges, are the last ones.
 */
export function unpackSeries(packed: PackedSeries, columns: Uint8Array): BucketedSeries {
  const { runId, name, width, lastStep, starts, marks, hasRanges } = packed
  // A view must begin at a multiple of eight bytes, as a copy does.
  const { buffer, byteOffset } = columns.byteOffset % 8 === 0 ? columns : new Uint8Array(columns)
  const numbers = new Float64Array(buffer, byteOffset, columns.length / 8)
  /** Columns before the values. */
  const before = starts === undefined ? 1 : 0
  const length = numbers.length / (before + (hasRanges ? 3 : 1))
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
  const last = column(0)
  const [min, max] = hasRanges ? [column(1), column(2)] : [last, last]
  const first = marks === undefined ? last : [...last]
  for (const [bucket, value] of marks ?? []) first[bucket] = value
  return { runId, name, width, lastStep, start, first, last, min, max }
}
