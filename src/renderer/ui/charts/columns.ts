import type { BucketedSeries } from '#contract/domain/buckets.ts'
import type { MetricValue } from '#contract/domain/metric.ts'
import { type Cell, smooth } from './smoothing.ts'

/** A value that the scale cannot show, drawn as a mark at the edge of the chart. */
export interface Mark {
  step: number
  value: 'NaN' | 'Infinity' | '-Infinity'
}

/** A curve ready to draw: `last` is the line, `low` and `high` the band if there is one, `smoothed` the moving average. */
export interface Columns {
  steps: readonly number[]
  last: readonly Cell[]
  low: readonly Cell[]
  high: readonly Cell[]
  smoothed: readonly Cell[]
  marks: readonly Mark[]
}

export interface ColumnOptions {
  /** Weight of the past, from 0 (off) up to 1. */
  smoothing: number
  /** Steps after which the weight remains of the past; see `smooth`. */
  spacing: number
  /** A logarithmic scale shows values of 0 and below as gaps. */
  isLogarithmic: boolean
  /** Whether the smallest and largest values of buckets are known. */
  hasRanges: boolean
}

/**
 * Columns of a bucketed curve. A bucket is drawn at its last step, because the line runs through its last value. Without copies if
 * possible, since it runs over every point of every line on each zoom.
 */
export function columnsOf(series: BucketedSeries, options: ColumnOptions): Columns {
  const { start, width, lastStep } = series
  const steps = width === 1 ? start : start.map((first) => Math.min(first + width - 1, lastStep))
  const hasBand = options.hasRanges && width > 1
  const last = cellsOf(series.last, options)
  return {
    steps,
    last,
    low: hasBand ? cellsOf(series.min, options) : [],
    high: hasBand ? cellsOf(series.max, options) : [],
    smoothed: options.smoothing > 0 ? smooth(steps, last, options.smoothing, options.spacing) : [],
    marks: marksOf(series, steps),
  }
}

function cellsOf(values: readonly MetricValue[], { isLogarithmic }: ColumnOptions): readonly Cell[] {
  const isShown = (value: MetricValue): value is number => typeof value === 'number' && !(isLogarithmic && value <= 0)
  return values.every(isShown) ? values : values.map((value) => (isShown(value) ? value : null))
}

function marksOf({ start, first, last, min, max }: BucketedSeries, steps: readonly number[]): Mark[] {
  const columns = [first, last, min, max].filter((column) => column.some((value) => typeof value === 'string'))
  if (columns.length === 0) return []
  return start.flatMap((_, index) => {
    const special = columns.map((column) => column[index]).find((value) => typeof value === 'string')
    return special === undefined ? [] : [{ step: steps[index] ?? 0, value: special }]
  })
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
