import type { BucketedSeries } from '#contract/domain/buckets.ts'
import type { MetricValue } from '#contract/domain/metric.ts'
import { type Cell, smooth } from './smoothing.ts'

/** A value that the scale cannot show, drawn as a mark at the edge of the chart. */
export interface Mark {
  step: number
  value: 'NaN' | 'Infinity' | '-Infinity'
}

/** A curve ready to draw: `last` is the line, `low` and `high` the band, `smoothed` the moving average. */
export interface Columns {
  steps: number[]
  last: Cell[]
  low: Cell[]
  high: Cell[]
  smoothed: Cell[]
  marks: Mark[]
}

export interface ColumnOptions {
  /** Weight of the past, from 0 (off) up to 1. */
  smoothing: number
  /** Steps after which the weight remains of the past; see `smooth`. */
  spacing: number
  /** A logarithmic scale shows values of 0 and below as gaps. */
  isLogarithmic: boolean
}

/** Columns of a bucketed curve. A bucket is drawn at its last step, because the line runs through its last value. */
export function columnsOf(series: BucketedSeries, options: ColumnOptions): Columns {
  const steps = series.start.map((start) => Math.min(start + series.width - 1, series.lastStep))
  // Runs over every point of every line on each zoom; only what is not finite is text.
  const cell = (value: MetricValue): Cell =>
    typeof value === 'number' && !(options.isLogarithmic && value <= 0) ? value : null
  const last = series.last.map(cell)
  const isExact = series.width === 1
  return {
    steps,
    last,
    low: isExact ? last : series.min.map(cell),
    high: isExact ? last : series.max.map(cell),
    smoothed: smooth(steps, last, options.smoothing, options.spacing),
    marks: marksOf(series, steps),
  }
}

function marksOf({ start, first, last, min, max }: BucketedSeries, steps: readonly number[]): Mark[] {
  const marks: Mark[] = []
  for (let index = 0; index < start.length; index++) {
    const special = [first, last, min, max].find((column) => typeof column[index] === 'string')?.[index]
    if (typeof special === 'string') marks.push({ step: steps[index] ?? 0, value: special })
  }
  return marks
}

/** Last values of some curves in the steps `from`..`to`; undefined if a curve has none. */
export interface TableRow {
  from: number
  to: number
  values: (MetricValue | undefined)[]
}

/** Table of curves with one row per last step of a bucket. */
export function tableRows(curves: readonly BucketedSeries[]): TableRow[] {
  const rows = new Map<number, TableRow>()
  curves.forEach((series, index) => {
    series.start.forEach((from, bucket) => {
      const to = Math.min(from + series.width - 1, series.lastStep)
      const row = rows.get(to) ?? { from, to, values: curves.map(() => undefined) }
      row.from = Math.min(row.from, from)
      row.values[index] = series.last[bucket]
      rows.set(to, row)
    })
  })
  return [...rows.values()].toSorted((a, b) => a.to - b.to)
}
