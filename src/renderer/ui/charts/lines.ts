import type { BucketedSeries } from '#contract/domain/buckets.ts'
import type { MetricName, MetricValue } from '#contract/domain/metric.ts'
import { formatMetric } from '../format.ts'
import { t } from '../language.ts'
import { columnsOf, type Mark } from './columns.ts'
import type { Curve } from './curve.ts'
import type { Cell } from './smoothing.ts'
import { type AxisMap, nearestIndex } from './x-axis.ts'

/** A line of a chart, ready to draw: the curve of a run, or the mean of a group with its band. Arrays are parallel, `xs` ascends. */
export interface ChartLine {
  id: string
  /** Entry of the legend that it belongs to: a run or a group. */
  entry: string
  label: string
  name: MetricName
  /** Index in the palette. */
  style: number
  /** Position of its metric among those of the chart. */
  variant: number
  /** Step of each point; for the mean of runs whose steps lie at different positions, empty. */
  steps: readonly number[]
  xs: readonly number[]
  values: readonly MetricValue[]
  ys: readonly Cell[]
  /** Empty if curves are not smoothed. */
  smoothed: readonly Cell[]
  /** Range of each bucket, or the band of a group; empty if there is none or it is not known. */
  low: readonly Cell[]
  high: readonly Cell[]
  marks: readonly (Mark & { x: number })[]
  isBaseline: boolean
  /** Number of averaged runs; 1 for the curve of a run. */
  count: number
  /** Whether a point is the value of one step, so that it has no range. */
  isExact: boolean
}

export interface LineOptions {
  smoothing: number
  /** See `smooth`. */
  spacing: number
  isLogarithmic: boolean
  isLogarithmicX: boolean
  hasRanges: boolean
  map: AxisMap
  entry: string
  variant: number
  isBaseline: boolean
}

/** The curve of a run on an axis. Points whose position is not known, or that a logarithmic axis cannot show, are left out. */
export function lineOf(curve: Curve, series: BucketedSeries, options: LineOptions): ChartLine {
  const { map, isLogarithmicX } = options
  const columns = columnsOf(series, options)
  const isPlaced = (x: number | undefined): x is number => x !== undefined && !(isLogarithmicX && x <= 0)
  const positions = map.factor === 1 ? columns.steps : columns.steps.map(map.toX)
  const xs = positions.every(isPlaced) ? positions : positions.filter(isPlaced)
  const isWhole = xs.length === positions.length
  const kept = <Value>(values: readonly Value[]): readonly Value[] =>
    isWhole ? values : values.filter((_, index) => isPlaced(positions[index]))
  return {
    id: curve.id,
    entry: options.entry,
    label: curve.label,
    name: curve.name,
    style: curve.style,
    variant: options.variant,
    steps: kept(columns.steps),
    xs,
    values: kept(series.last),
    ys: kept(columns.last),
    smoothed: kept(columns.smoothed),
    low: kept(columns.low),
    high: kept(columns.high),
    marks: columns.marks.flatMap((mark) => {
      const x = map.toX(mark.step)
      return isPlaced(x) ? [{ ...mark, x }] : []
    }),
    isBaseline: options.isBaseline,
    count: 1,
    isExact: series.width === 1,
  }
}

/** The value of a line at a position. */
export interface Reading {
  line: ChartLine
  x: number
  step: number | undefined
  value: MetricValue
  smoothed: number | undefined
  low: number | undefined
  high: number | undefined
}

/** The point of a line nearest to `x`; undefined if the line has none within `tolerance` of its ends. */
export function readingAt(line: ChartLine, x: number, tolerance: number): Reading | undefined {
  const index = nearestIndex(line.xs, x)
  const at = line.xs[index]
  const value = line.values[index]
  if (at === undefined || value === undefined) return undefined
  if (x < (line.xs[0] ?? 0) - tolerance || x > (line.xs.at(-1) ?? 0) + tolerance) return undefined
  return {
    line,
    x: at,
    step: line.steps[index],
    value,
    smoothed: line.smoothed[index] ?? undefined,
    low: line.count > 1 ? (line.low[index] ?? undefined) : undefined,
    high: line.count > 1 ? (line.high[index] ?? undefined) : undefined,
  }
}

/** The line with the smallest `distance` of its drawn value at `x`; lines without a point within `tolerance` of it are ignored. */
export function nearestLine(
  lines: readonly ChartLine[],
  x: number,
  tolerance: number,
  distance: (y: number) => number,
): ChartLine | undefined {
  let nearest: ChartLine | undefined
  let least = Number.POSITIVE_INFINITY
  for (const line of lines) {
    const index = nearestIndex(line.xs, x)
    const y = (line.smoothed.length > 0 ? line.smoothed : line.ys)[index]
    if (typeof y !== 'number' || Math.abs((line.xs[index] ?? 0) - x) > tolerance) continue
    const away = distance(y)
    if (away < least) [nearest, least] = [line, away]
  }
  return nearest
}

/** Value of a reading with the bounds of its band: `0.52 (0.5 to 0.54), mean of 3`. */
export function textOf({ line: { name, count }, value, low, high }: Reading): string {
  const shown = formatMetric(name, value)
  const bounded =
    low === undefined || high === undefined
      ? shown
      : t('charts.bounds', { value: shown, low: formatMetric(name, low), high: formatMetric(name, high) })
  return count > 1 ? t('charts.meanOf', { value: bounded, runs: count }) : bounded
}

/** Smallest and largest drawn value in a range of positions; of all values if only a line between two points crosses it. */
export function extentOf(
  lines: readonly ChartLine[],
  range: readonly [number, number] | undefined,
  hasBands: boolean,
): [number | null, number | null] {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const { xs, ys, smoothed, low: lower, high: upper, count } of lines)
    for (const column of hasBands || count > 1 ? [ys, smoothed, lower, upper] : [ys, smoothed])
      for (let index = 0; index < column.length; index++) {
        const y = column[index]
        const x = xs[index] ?? 0
        if (typeof y !== 'number' || (range !== undefined && (x < range[0] || x > range[1]))) continue
        if (y < low) low = y
        if (y > high) high = y
      }
  if (low <= high) return [low, high]
  return range === undefined ? [null, null] : extentOf(lines, undefined, hasBands)
}

/** First and last position of some lines. */
export function rangeOf(lines: readonly ChartLine[]): [number, number] | undefined {
  const firsts = lines.flatMap(({ xs }) => xs.slice(0, 1))
  const lasts = lines.flatMap(({ xs }) => xs.slice(-1))
  if (firsts.length === 0) return undefined
  return [firsts.reduce((a, b) => Math.min(a, b)), lasts.reduce((a, b) => Math.max(a, b))]
}
