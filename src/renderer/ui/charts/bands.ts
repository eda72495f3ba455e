import { type BucketedSeries, widen } from '#contract/domain/buckets.ts'
import { decodeMetric } from '#contract/domain/metric.ts'
import { intervalOf, meanOf, standardErrorOf } from '#contract/statistics.ts'
import { t } from '../language.ts'
import type { Cell } from './smoothing.ts'
import { type AxisMap, interpolate } from './x-axis.ts'

/** What the band around the mean of a group shows; the first is the default. */
export const spreads = ['error', 'interval', 'range'] as const
export type Spread = (typeof spreads)[number]
export const spreadTitle = (spread: Spread): string => t(`charts.spreads.${spread}`)

/** A run of a group: its curve of one metric, and the positions of its steps. */
export interface Member {
  series: BucketedSeries
  map: AxisMap
}

/** Mean and band of a group, at the positions at which every member has a finite value. */
export interface Band {
  /** Empty if the members' steps lie at different positions. */
  steps: number[]
  xs: number[]
  mean: number[]
  low: Cell[]
  high: Cell[]
  /** True if values between the points of members were interpolated, because their steps lie at different positions. */
  isInterpolated: boolean
}

/**
 * Mean of the members with its spread. Members with the same position for each step are averaged at their common steps; others at
 * the positions of the first one, between whose neighbours the others are interpolated.
 */
export function bandOf(members: readonly Member[], spread: Spread): Band {
  const factors = new Set(members.map(({ map }) => map.factor))
  const isInterpolated = factors.size > 1 || factors.has(undefined)
  const rows = isInterpolated ? interpolatedRows(members) : commonRows(members)
  const band: Band = { steps: [], xs: [], mean: [], low: [], high: [], isInterpolated }
  for (const { step, x, values } of rows) {
    const mean = meanOf(values)
    const [low, high] = boundsOf(values, mean, spread)
    if (step !== undefined) band.steps.push(step)
    band.xs.push(x)
    band.mean.push(mean)
    band.low.push(low)
    band.high.push(high)
  }
  return band
}

/** Bounds of a band; null for fewer than two values, which have no error. */
function boundsOf(values: readonly number[], mean: number, spread: Spread): [Cell, Cell] {
  if (values.length < 2) return [null, null]
  if (spread === 'range') return [Math.min(...values), Math.max(...values)]
  const half = spread === 'error' ? standardErrorOf(values) : intervalOf(values)
  return [mean - half, mean + half]
}

interface Row {
  step: number | undefined
  x: number
  values: number[]
}

/** Last values of the buckets that every member has, in buckets as wide as the widest. */
function commonRows(members: readonly Member[]): Row[] {
  const width = members.reduce((widest, { series }) => Math.max(widest, series.width), 1)
  const [first, ...others] = members.map(({ series }) => {
    let buckets: Pick<BucketedSeries, 'width' | 'start' | 'first' | 'last' | 'min' | 'max'> = series
    while (buckets.width < width) buckets = widen(buckets)
    const values = new Map(buckets.start.map((start, index) => [start, decodeMetric(buckets.last[index] ?? 'NaN')]))
    return { values, lastStep: series.lastStep }
  })
  if (first === undefined) return []
  const ends = [first, ...others].map(({ lastStep }) => lastStep)
  const [firstEnd, lastEnd] = [Math.min(...ends), Math.max(...ends)]
  return [...first.values].flatMap(([start, value]) => {
    // In the bucket in which one member ends, the last values of the others belong to later steps.
    if (firstEnd < lastEnd && firstEnd < start + width - 1) return []
    const values = [value, ...others.map((other) => other.values.get(start) ?? Number.NaN)]
    const step = Math.min(start + width - 1, lastEnd)
    const x = members[0]?.map.toX(step)
    return x !== undefined && values.every(Number.isFinite) ? [{ step, x, values }] : []
  })
}

function interpolatedRows(members: readonly Member[]): Row[] {
  const [first, ...others] = members.map(({ series, map }) => {
    const points = series.start.flatMap((start, index) => {
      const x = map.toX(Math.min(start + series.width - 1, series.lastStep))
      const y = decodeMetric(series.last[index] ?? 'NaN')
      return x === undefined || !Number.isFinite(y) ? [] : [{ x, y }]
    })
    return { xs: points.map(({ x }) => x), ys: points.map(({ y }) => y) }
  })
  if (first === undefined) return []
  return first.xs.flatMap((x, index) => {
    const values = [first.ys[index], ...others.map(({ xs, ys }) => interpolate(xs, ys, x))]
    const known = values.filter((value) => value !== undefined)
    return known.length === values.length ? [{ step: undefined, x, values: known }] : []
  })
}
