/** Points of a curve, ascending by step. NaN is a value like any other: it is drawn as a mark. */
export interface Points {
  steps: readonly number[]
  values: readonly number[]
}

export interface Buckets {
  /** Steps in one bucket: a power of two. */
  width: number
  start: number[]
  first: number[]
  last: number[]
  min: number[]
  max: number[]
}

/**
 * The narrowest power of two with which at most `maxBuckets` buckets cover the points. Buckets are anchored at step 0, not at the
 * first point, so a bucket holds the same steps however long the curve grows. Few points are kept exactly, however far apart.
 */
export function bucketWidth(pointCount: number, firstStep: number, lastStep: number, maxBuckets: number): number {
  if (pointCount <= maxBuckets) return 1
  let width = 1
  while (Math.floor(lastStep / width) - Math.floor(firstStep / width) + 1 > maxBuckets) width *= 2
  return width
}

/** Minimum, maximum, first and last value of each bucket that has points. A NaN is neither minimum nor maximum unless the bucket holds nothing else. */
export function bucketize({ steps, values }: Points, maxBuckets: number): Buckets {
  const width = bucketWidth(steps.length, steps[0] ?? 0, steps.at(-1) ?? 0, maxBuckets)
  const buckets: Buckets = { width, start: [], first: [], last: [], min: [], max: [] }
  let at = -1
  for (const [index, step] of steps.entries()) {
    const value = values[index] ?? Number.NaN
    const start = step - (step % width)
    if (buckets.start[at] !== start) {
      at += 1
      buckets.start[at] = start
      buckets.first[at] = value
      buckets.min[at] = value
      buckets.max[at] = value
    } else {
      buckets.min[at] = lesser(buckets.min[at], value)
      buckets.max[at] = greater(buckets.max[at], value)
    }
    buckets.last[at] = value
  }
  return buckets
}

const lesser = (a: number | undefined, b: number): number => (a === undefined || Number.isNaN(a) || b < a ? b : a)
const greater = (a: number | undefined, b: number): number => (a === undefined || Number.isNaN(a) || b > a ? b : a)
