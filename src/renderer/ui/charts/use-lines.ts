import { computed, type Ref, watch } from 'vue'
import type { BucketedSeries } from '#contract/domain/buckets.ts'
import type { ChartSettings, LegendEntry } from './chart-link.ts'
import type { ChartPlan } from './chart-list.ts'
import { type CurveRun, curvesOf } from './curve.ts'
import type { Curves } from './curves.ts'
import { linesOfGroups, linesOfRuns } from './draw-lines.ts'
import { rangeOf } from './lines.ts'
import { currentOf, useDetails } from './use-details.ts'
import type { AxisMap } from './x-axis.ts'

export interface LineSource {
  plan: ChartPlan
  runs: readonly CurveRun[]
  store: Curves
  groups: LegendEntry[] | undefined
  settings: ChartSettings
  maps: ReadonlyMap<string, AxisMap>
  baselineId: string | undefined
  hasRanges: boolean
  isLarge?: boolean
}

const noDetails: ReadonlyMap<string, BucketedSeries> = new Map()

/** The lines of a chart. While it is visible, its curves are fetched in detail if it is zoomed or large. */
export function useLines(
  source: Readonly<LineSource>,
  zoom: Readonly<Ref<readonly [number, number] | undefined>>,
  isVisible: Readonly<Ref<boolean>>,
) {
  const curves = computed(() => curvesOf(source.plan.names, source.runs, source.store))
  const details = useDetails(() => ({
    names: source.plan.names,
    curves: curves.value,
    maps: source.maps,
    store: source.store,
  }))
  // Until details arrive, a zoom only scales the lines that are there.
  const shownDetails = computed(() => {
    if (details.series.value.size === 0) return noDetails
    return zoom.value === undefined ? currentOf(details.series.value, curves.value) : details.series.value
  })
  const drawing = computed(() => ({
    ...source.settings,
    maps: source.maps,
    details: shownDetails.value,
    baselineId: source.baselineId,
    hasRanges: source.hasRanges,
  }))
  const groupOf = computed(
    () => new Map(source.groups?.flatMap((group) => group.runIds.map((runId) => [runId, group.id] as const))),
  )
  const lines = computed(() =>
    source.groups === undefined
      ? linesOfRuns(curves.value, (runId) => runId, drawing.value)
      : linesOfGroups(curves.value, source.groups, drawing.value),
  )
  /** Lines of the runs of a group, drawn while it is highlighted. */
  const members = computed(() =>
    source.groups === undefined
      ? []
      : linesOfRuns(curves.value, (runId) => groupOf.value.get(runId) ?? '', { ...drawing.value, smoothing: 0 }),
  )
  /** First and last position. */
  const whole = computed(() => rangeOf(lines.value))

  watch(
    [isVisible, zoom, () => source.maps, () => source.isLarge && curves.value.length],
    ([shows, range]) => {
      if (shows) void details.show(range ?? (source.isLarge === true ? whole.value : undefined))
    },
    { immediate: true },
  )

  return { curves, lines, members, whole, problem: details.problem }
}
