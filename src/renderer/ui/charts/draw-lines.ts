import type { BucketedSeries } from '#contract/domain/buckets.ts'
import { describeMetric } from '#contract/domain/metric.ts'
import { bandOf } from './bands.ts'
import type { ChartSettings, LegendEntry } from './chart-link.ts'
import type { Curve } from './curve.ts'
import { type ChartLine, lineOf } from './lines.ts'
import { smooth, spacingOf } from './smoothing.ts'
import type { AxisMap } from './x-axis.ts'

export interface DrawingOptions extends ChartSettings {
  /** Positions of the steps of each run; runs without one are not drawn. */
  maps: ReadonlyMap<string, AxisMap>
  /** Curves of a zoomed range in detail, by id. */
  details: ReadonlyMap<string, BucketedSeries>
  baselineId: string | undefined
  /** Whether the ranges of buckets are known. */
  hasRanges: boolean
}

/** Lines of single runs. With several metrics, a label names its metric. */
export function linesOfRuns(
  curves: readonly Curve[],
  entryOf: (runId: string) => string,
  options: DrawingOptions,
): ChartLine[] {
  const names = [...new Set(curves.map(({ name }) => name))]
  return curves.flatMap((curve) => {
    const map = options.maps.get(curve.runId)
    if (map === undefined) return []
    const label = names.length > 1 ? `${curve.label} · ${describeMetric(curve.name).label}` : curve.label
    return [
      lineOf({ ...curve, label }, options.details.get(curve.id) ?? curve.series, {
        ...options,
        spacing: spacingOf(curve.series.start),
        map,
        entry: entryOf(curve.runId),
        variant: names.indexOf(curve.name),
        isBaseline: curve.runId === options.baselineId,
      }),
    ]
  })
}

/** Means of groups with their bands. A group of one run is its curve. */
export function linesOfGroups(
  curves: readonly Curve[],
  groups: readonly LegendEntry[],
  options: DrawingOptions,
): ChartLine[] {
  const names = [...new Set(curves.map(({ name }) => name))]
  return names.flatMap((name, variant) =>
    groups.flatMap((group): ChartLine[] => {
      const members = curves.filter((curve) => curve.name === name && group.runIds.includes(curve.runId))
      const placed = members.flatMap((curve) => {
        const map = options.maps.get(curve.runId)
        return map === undefined ? [] : [{ series: options.details.get(curve.id) ?? curve.series, map }]
      })
      if (placed.length === 0) return []
      const { steps, xs, mean, low, high } = bandOf(placed, options.spread)
      const isShown = (value: number | null | undefined): boolean =>
        typeof value === 'number' && (!options.isLogarithmic || value > 0)
      const shown = (column: readonly (number | null | undefined)[]) =>
        column.map((value) => (isShown(value) ? value : null))
      const kept = xs.map((x) => !options.isLogarithmicX || x > 0)
      const pick = <Value>(column: readonly Value[]): Value[] => column.filter((_, index) => kept[index])
      const ys = pick(shown(mean))
      return [
        {
          id: `${group.id} ${name}`,
          entry: group.id,
          label: names.length > 1 ? `${group.label} · ${describeMetric(name).label}` : group.label,
          name,
          style: group.style,
          variant,
          steps: pick(steps),
          xs: pick(xs),
          values: pick(mean),
          ys,
          smoothed: options.smoothing > 0 ? smooth(pick(xs), ys, options.smoothing, spacingOf(pick(xs))) : [],
          low: pick(shown(low)),
          high: pick(shown(high)),
          marks: [],
          isBaseline: group.runIds.some((id) => id === options.baselineId),
          count: placed.length,
          isExact: placed.every(({ series }) => series.width === 1),
        },
      ]
    }),
  )
}
