import { decodeMetric, type MetricValue, type Series, type SeriesDelta } from '#contract/domain/metric.ts'

/** A curve without points. */
export function emptySeries(runId: string, name: Series['name']): Series {
  return { runId, name, width: 1, start: [], first: [], last: [], min: [], max: [], lastStep: -1 }
}

/**
 * Joins new points to a bucketed curve and returns the new curve; points up to `series.lastStep` are already in it and dropped.
 * When there are more than `maxBuckets` buckets the width doubles until they fit. Buckets stay anchored at step 0,
 * so that the drawn part of a growing curve never moves.
 */
export function appendPoints(series: Series, delta: Pick<SeriesDelta, 'steps' | 'values'>, maxBuckets: number): Series {
  const next = copyOf(series)
  delta.steps.forEach((step, index) => {
    const value = delta.values[index]
    if (value === undefined || step <= next.lastStep) return
    addPoint(next, step, value)
    next.lastStep = step
  })
  let fitting = next
  while (fitting.start.length > Math.max(1, maxBuckets)) fitting = widen(fitting)
  return fitting
}

/** The same curve in buckets twice as wide. */
export function widen(series: Series): Series {
  const width = series.width * 2
  const wide: Series = { ...emptySeries(series.runId, series.name), width, lastStep: series.lastStep }
  series.start.forEach((start, index) => {
    const bucket = {
      start: start - (start % width),
      first: at(series.first, index),
      last: at(series.last, index),
      min: at(series.min, index),
      max: at(series.max, index),
    }
    const tail = wide.start.length - 1
    if (wide.start[tail] !== bucket.start) {
      push(wide, bucket)
      return
    }
    wide.last[tail] = bucket.last
    wide.min[tail] = lower(at(wide.min, tail), bucket.min)
    wide.max[tail] = higher(at(wide.max, tail), bucket.max)
  })
  return wide
}

function addPoint(series: Series, step: number, value: MetricValue): void {
  const start = step - (step % series.width)
  const tail = series.start.length - 1
  if (series.start[tail] !== start) {
    push(series, { start, first: value, last: value, min: value, max: value })
    return
  }
  series.last[tail] = value
  series.min[tail] = lower(at(series.min, tail), value)
  series.max[tail] = higher(at(series.max, tail), value)
}

function push(
  series: Series,
  bucket: { start: number; first: MetricValue; last: MetricValue; min: MetricValue; max: MetricValue },
): void {
  series.start.push(bucket.start)
  series.first.push(bucket.first)
  series.last.push(bucket.last)
  series.min.push(bucket.min)
  series.max.push(bucket.max)
}

const copyOf = (series: Series): Series => ({
  ...series,
  start: [...series.start],
  first: [...series.first],
  last: [...series.last],
  min: [...series.min],
  max: [...series.max],
})

/** NaN loses against every other value, so that one NaN does not wipe out the range of its bucket. */
const lower = (a: MetricValue, b: MetricValue): MetricValue =>
  a === 'NaN' ? b : b === 'NaN' ? a : decodeMetric(b) < decodeMetric(a) ? b : a
const higher = (a: MetricValue, b: MetricValue): MetricValue =>
  a === 'NaN' ? b : b === 'NaN' ? a : decodeMetric(b) > decodeMetric(a) ? b : a
const at = (values: readonly MetricValue[], index: number): MetricValue => values[index] ?? 'NaN'
