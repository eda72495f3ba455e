import { decodeMetric, type MetricValue, type Series } from '#contract/domain/metric.ts'
import { smooth, type Cell } from './smoothing.ts'

/** A value that cannot be drawn on the scale, shown as a mark at the edge of the chart. */
export interface Mark {
  step: number
  value: 'NaN' | 'Infinity' | '-Infinity'
}

/** A curve ready to draw: `last` is the line, `low` and `high` the band of its buckets, `smoothed` the line after averaging. */
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
  /** Steps over which the weight applies; see `smooth`. */
  spacing: number
  /** On a logarithmic scale values of zero and below are gaps. */
  isLogarithmic: boolean
}

/** Turns a bucketed curve into columns. A bucket is drawn where it ends, because the line runs through its last value. */
export function columnsOf(series: Series, options: ColumnOptions): Columns {
  const steps = series.start.map((start) => Math.min(start + series.width - 1, series.lastStep))
  const cell = (value: MetricValue): Cell => {
    const number = decodeMetric(value)
    return Number.isFinite(number) && !(options.isLogarithmic && number <= 0) ? number : null
  }
  const last = series.last.map(cell)
  return {
    steps,
    last,
    low: series.min.map(cell),
    high: series.max.map(cell),
    smoothed: smooth(steps, last, options.smoothing, options.spacing),
    marks: series.start.flatMap((_, index) => {
      const words = [series.first[index], series.last[index], series.min[index], series.max[index]]
      const word = words.find((value) => typeof value === 'string')
      return typeof word === 'string' ? [{ step: steps[index] ?? 0, value: word }] : []
    }),
  }
}

/** Lays columns of several curves on the union of their steps; a cell is undefined where a curve has no point of its own. */
export function alignColumns(
  curves: readonly { steps: readonly number[]; columns: readonly (readonly Cell[])[] }[],
): [number[], ...Cell[][]] {
  const steps = [...new Set(curves.flatMap((curve) => curve.steps))].toSorted((a, b) => a - b)
  const row = new Map(steps.map((step, index) => [step, index]))
  const aligned = curves.flatMap((curve) =>
    curve.columns.map((column) => {
      const cells: Cell[] = Array.from({ length: steps.length }, () => undefined)
      curve.steps.forEach((step, index) => {
        const target = row.get(step)
        if (target !== undefined) cells[target] = column[index]
      })
      return cells
    }),
  )
  return [steps, ...aligned]
}
