import { type BucketedSeries, addPoint, widen } from '#contract/domain/buckets.ts'
import type { SeriesDelta } from '#contract/domain/metric.ts'

/** A series without points. */
export function emptySeries(runId: string, name: BucketedSeries['name']): BucketedSeries {
  return { runId, name, width: 1, start: [], first: [], last: [], min: [], max: [], lastStep: -1 }
}

/**
 * Adds new points to a bucketed series and returns the new series; points up to `series.lastStep` are dropped, since it has
 * them already. The width doubles until at most `maxBuckets` buckets are left.
 */
export function appendPoints(
  series: BucketedSeries,
  delta: Pick<SeriesDelta, 'steps' | 'values'>,
  maxBuckets: number,
): BucketedSeries {
  let next: BucketedSeries = {
    ...series,
    start: [...series.start],
    first: [...series.first],
    last: [...series.last],
    min: [...series.min],
    max: [...series.max],
  }
  for (const [index, step] of delta.steps.entries()) {
    const value = delta.values[index]
    if (value === undefined || step <= next.lastStep) continue
    addPoint(next, step, value)
    next.lastStep = step
  }
  while (next.start.length > Math.max(1, maxBuckets)) next = { ...next, ...widen(next) }
  return next
}
