import { shallowRef, type ShallowRef } from 'vue'
import type { BucketedSeries } from '#contract/domain/buckets.ts'
import type { MetricName } from '#contract/domain/metric.ts'
import { toReport } from '../../api/errors.ts'
import type { Curve } from './curve.ts'
import type { Curves } from './curves.ts'
import { spacingOf } from './smoothing.ts'
import type { AxisMap } from './x-axis.ts'

export interface DetailSource {
  names: readonly MetricName[]
  curves: readonly Curve[]
  maps: ReadonlyMap<string, AxisMap>
  store: Pick<Curves, 'range'>
}

export interface Details {
  /** Curves of the shown range at full resolution, by id; empty until they are fetched. */
  series: Readonly<ShallowRef<ReadonlyMap<string, BucketedSeries>>>
  problem: ShallowRef<string>
  /** Fetches a range of positions with a margin, so that lines continue past the edges; undefined for the whole curves. */
  show(range: readonly [number, number] | undefined): Promise<void>
}

/** Details of curves that have no newer points. */
export function currentOf(
  details: ReadonlyMap<string, BucketedSeries>,
  curves: readonly Curve[],
): ReadonlyMap<string, BucketedSeries> {
  const current = curves.flatMap(({ id, series }) => {
    const detail = details.get(id)
    return detail === undefined || detail.lastStep < series.lastStep ? [] : [[id, detail] as const]
  })
  return new Map(current)
}

/** The curves of a zoomed or large chart in detail. */
export function useDetails(source: () => DetailSource): Details {
  const series = shallowRef<ReadonlyMap<string, BucketedSeries>>(new Map())
  const problem = shallowRef('')
  let generation = 0
  return {
    series,
    problem,
    async show(range) {
      const mine = ++generation
      problem.value = ''
      if (series.value.size > 0) series.value = new Map()
      const { names, curves, maps, store } = source()
      const placed = curves.flatMap(({ runId }) => maps.get(runId) ?? [])
      if (range === undefined || placed.length === 0) return
      const margin = Math.ceil(
        curves.reduce(
          (most, curve) => Math.max(most, 2 * Math.max(curve.series.width, spacingOf(curve.series.start))),
          1,
        ),
      )
      const from = placed.reduce((least, map) => Math.min(least, map.toStep(range[0])), Number.POSITIVE_INFINITY)
      const to = placed.reduce((most, map) => Math.max(most, map.toStep(range[1])), 0)
      try {
        const found = await Promise.all(
          names.map((name) => store.range(name, Math.max(0, Math.floor(from) - margin), Math.ceil(to) + margin)),
        )
        if (mine === generation)
          series.value = new Map(found.flat().map((each) => [`${each.runId} ${each.name}`, each]))
      } catch (cause) {
        if (mine === generation) problem.value = toReport(cause).message
      }
    },
  }
}
