import { decodeMetric, type MetricName, type MetricValue } from './metric.ts'

/** Points of a series, ascending by step; arrays are parallel. NaN is a value like any other. */
export interface Points<V extends MetricValue = MetricValue> {
  readonly steps: readonly number[]
  readonly values: readonly V[]
}

/** Points summarised per `width` steps; arrays are parallel, with one entry per bucket that has points. */
export interface Buckets<V extends MetricValue = MetricValue> {
  /** Steps of one bucket: a power of two. */
  width: number
  /** First step of each bucket: a multiple of `width`. */
  start: number[]
  first: V[]
  last: V[]
  min: V[]
  max: V[]
}

/** A series in buckets. Width 1 holds every point. */
export interface BucketedSeries extends Buckets {
  runId: string
  name: MetricName
  /** Step of the last point of the series; -1 if it is empty. New points follow it. */
  lastStep: number
}

export const emptyBuckets = <V extends MetricValue>(width = 1): Buckets<V> => ({
  width,
  start: [],
  first: [],
  last: [],
  min: [],
  max: [],
})

/**
 * The narrowest power of two with which at most `maxBuckets` buckets cover the points. Buckets are anchored at step 0 instead
 * of the first point, so a bucket keeps its steps while the series grows. Few points are kept exactly, however far apart.
 */
export function bucketWidth(pointCount: number, firstStep: number, lastStep: number, maxBuckets: number): number {
  if (pointCount <= maxBuckets) return 1
  let width = 1
  while (Math.floor(lastStep / width) - Math.floor(firstStep / width) + 1 > maxBuckets) width *= 2
  return width
}

/** First, last, smallest and largest value of each bucket, in at most `maxBuckets` buckets. */
export function bucketize<V extends MetricValue>({ steps, values }: Points<V>, maxBuckets: number): Buckets<V> {
  const buckets = emptyBuckets<V>(bucketWidth(steps.length, steps[0] ?? 0, steps.at(-1) ?? 0, maxBuckets))
  addPoints(buckets, { steps, values })
  return buckets
}

/** Adds points after all others, in place. A plain loop over the open bucket, since it runs over millions of points. */
export function addPoints<V extends MetricValue>(buckets: Buckets<V>, { steps, values }: Points<V>): void {
  const { width } = buckets
  let end = (buckets.start.at(-1) ?? Number.NEGATIVE_INFINITY) + width
  for (let index = 0; index < steps.length; index++) {
    const step = steps[index]
    const value = values[index]
    if (step === undefined || value === undefined) continue
    const tail = buckets.start.length - 1
    const min = buckets.min[tail]
    const max = buckets.max[tail]
    if (step >= end || min === undefined || max === undefined) {
      const start = step - (step % width)
      end = start + width
      buckets.start.push(start)
      buckets.first.push(value)
      buckets.last.push(value)
      buckets.min.push(value)
      buckets.max.push(value)
      continue
    }
    buckets.last[tail] = value
    // Comparisons with NaN or text are false; `lesser` and `greater` decide these.
    if (typeof value !== 'number' || typeof min !== 'number' || typeof max !== 'number' || Number.isNaN(min)) {
      buckets.min[tail] = lesser(min, value)
      buckets.max[tail] = greater(max, value)
    } else if (value < min) buckets.min[tail] = value
    else if (value > max) buckets.max[tail] = value
  }
}

/** Adds a point at a step after all others, in place. */
export function addPoint<V extends MetricValue>(buckets: Buckets<V>, step: number, value: V): void {
  add(buckets, step - (step % buckets.width), value, value, value, value)
}

/** The columns of buckets, to read: arrays of numbers or views of bytes. */
export type BucketColumns<V extends MetricValue = MetricValue> = {
  readonly [Column in 'first' | 'last' | 'min' | 'max']: ArrayLike<V>
} & { readonly start: ArrayLike<number> }

/** Adds buckets that follow all others and are at most as wide, in place. Widths are powers of two, so that none is split. */
export function addBuckets<V extends MetricValue>(buckets: Buckets<V>, narrow: BucketColumns<V>): void {
  for (let index = 0; index < narrow.start.length; index++) {
    const start = narrow.start[index]
    const first = narrow.first[index]
    const last = narrow.last[index]
    const min = narrow.min[index]
    const max = narrow.max[index]
    if (start === undefined || first === undefined || last === undefined || min === undefined || max === undefined)
      continue
    add(buckets, start - (start % buckets.width), first, last, min, max)
  }
}

/** The same points in buckets twice as wide. */
export function widen<V extends MetricValue>(buckets: Buckets<V>): Buckets<V> {
  const wide = emptyBuckets<V>(buckets.width * 2)
  addBuckets(wide, buckets)
  return wide
}

/** The smaller value. NaN is smaller than nothing: it remains only if both are NaN. */
export const lesser = <V extends MetricValue>(a: V, b: V): V =>
  Number.isNaN(decodeMetric(a)) || decodeMetric(b) < decodeMetric(a) ? b : a

/** The larger value. NaN is larger than nothing: it remains only if both are NaN. */
export const greater = <V extends MetricValue>(a: V, b: V): V =>
  Number.isNaN(decodeMetric(a)) || decodeMetric(b) > decodeMetric(a) ? b : a

/** Appends a bucket, or merges it into the last one if that has the same start. Without objects, since it runs over millions. */
function add<V extends MetricValue>(buckets: Buckets<V>, start: number, first: V, last: V, min: V, max: V): void {
  const tail = buckets.start.length - 1
  const knownMin = buckets.min[tail]
  const knownMax = buckets.max[tail]
  if (buckets.start[tail] !== start || knownMin === undefined || knownMax === undefined) {
    buckets.start.push(start)
    buckets.first.push(first)
    buckets.last.push(last)
    buckets.min.push(min)
    buckets.max.push(max)
    return
  }
  buckets.last[tail] = last
  // Comparisons with NaN or text are false; `lesser` and `greater` decide these.
  if (typeof min !== 'number' || typeof knownMin !== 'number' || Number.isNaN(min) || Number.isNaN(knownMin)) {
    buckets.min[tail] = lesser(knownMin, min)
    buckets.max[tail] = greater(knownMax, max)
    return
  }
  if (min < knownMin) buckets.min[tail] = min
  if (max > knownMax) buckets.max[tail] = max
}
