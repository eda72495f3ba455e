import { shallowRef, type ShallowRef } from 'vue'
import type { FollowEvent } from '#contract/api.ts'
import { metricNames, type MetricName, type Series, type SeriesDelta } from '#contract/metric.ts'
import type { StudioClient } from '../../api/client.ts'
import type { LiveTopic } from '../run/live.ts'
import { appendPoints, emptySeries } from './series.ts'

/** Curves by metric, then by run. */
export type CurveTable = ReadonlyMap<MetricName, ReadonlyMap<string, Series>>

export interface LiveCurves extends LiveTopic {
  readonly curves: ShallowRef<CurveTable>
  readonly isLoaded: ShallowRef<boolean>
}

/** About one bucket a pixel of a wide chart. */
const maxBuckets = 1000

interface LiveCurvesOptions {
  fetchSeries: (runIds: string[]) => Promise<Series[]>
  onError: (thrown: unknown) => void
  /** Runs a callback before the next frame is drawn. */
  schedule?: (callback: () => void) => void
}

/** Asks the studio for whole curves in as many buckets as a chart can show. */
export const seriesFetcher = (client: StudioClient) => (runIds: string[]) => client.metrics.series({ runIds, maxBuckets })

/**
 * Curves that grow. Points that arrive while the snapshot is being fetched wait for it, and `appendPoints` drops those it holds already.
 * However many points arrive, the curves change at most once a frame.
 */
export function createLiveCurves({ fetchSeries, onError, schedule = requestAnimationFrame }: LiveCurvesOptions): LiveCurves {
  const curves = shallowRef<CurveTable>(new Map())
  const isLoaded = shallowRef(false)
  let ids: readonly string[] = []
  let waiting: SeriesDelta[] = []
  let generation = 0
  let isLoading = false
  let isScheduled = false

  async function fetchAll(): Promise<void> {
    const mine = ++generation
    isLoading = true
    waiting = []
    try {
      const fetched = ids.length === 0 ? [] : await fetchSeries([...ids])
      if (mine !== generation) return
      curves.value = withDeltas(tableOf(fetched), waiting)
      waiting = []
      isLoaded.value = true
    } catch (cause) {
      if (mine === generation) onError(cause)
    } finally {
      if (mine === generation) isLoading = false
    }
  }

  function flush(): void {
    isScheduled = false
    if (isLoading || waiting.length === 0) return
    curves.value = withDeltas(curves.value, waiting)
    waiting = []
  }

  return {
    curves,
    isLoaded,
    load(next) {
      ids = next
      void fetchAll()
    },
    take(event: FollowEvent) {
      if (event.type === 'rewound') void fetchAll()
      if (event.type !== 'points') return
      waiting.push(...event.series)
      if (isLoading || isScheduled) return
      isScheduled = true
      schedule(flush)
    },
    dispose() {
      generation++
      waiting = []
    },
  }
}

/** Orders fetched curves by metric, in the order of the contract, and leaves out empty ones. */
export function tableOf(fetched: readonly Series[]): CurveTable {
  const table = new Map<MetricName, Map<string, Series>>()
  for (const name of metricNames) {
    const found = fetched.filter((series) => series.name === name && series.start.length > 0)
    if (found.length > 0) table.set(name, new Map(found.map((series) => [series.runId, series])))
  }
  return table
}

/** The table after some deltas; what did not change keeps its identity. */
export function withDeltas(table: CurveTable, deltas: readonly SeriesDelta[]): CurveTable {
  const changed = new Map<string, Series>()
  const lookUp = (delta: SeriesDelta) => changed.get(`${delta.name} ${delta.runId}`) ?? table.get(delta.name)?.get(delta.runId) ?? emptySeries(delta.runId, delta.name)
  for (const delta of deltas) changed.set(`${delta.name} ${delta.runId}`, appendPoints(lookUp(delta), delta, maxBuckets))
  const all = new Map<string, Series>()
  for (const row of table.values()) for (const series of row.values()) all.set(`${series.name} ${series.runId}`, series)
  for (const [key, series] of changed) all.set(key, series)
  return tableOf([...all.values()])
}
