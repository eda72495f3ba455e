import { type BucketedSeries, type MetricName, type SeriesDelta, sortMetrics } from '#contract/domain/metric.ts'
import type { StudioClient } from '../../api/client.ts'
import type { LiveTopicOptions } from '../../api/live.ts'
import { appendPoints, emptySeries } from './series.ts'

/** Curves by metric, in the order of the metric registry, and by run. */
export type CurveTable = ReadonlyMap<MetricName, ReadonlyMap<string, BucketedSeries>>

/** About one bucket per pixel of a wide chart. */
const maxBuckets = 1000

/** Complete curves of some runs as a live topic. */
export const curveTopic = (
  fetchSeries: (runIds: string[]) => Promise<BucketedSeries[]>,
): LiveTopicOptions<CurveTable, SeriesDelta> => ({
  initial: new Map(),
  fetch: async (runIds) => tableOf(await fetchSeries(runIds)),
  pick: (event) => (event.type === 'points' ? event.series : []),
  join: withDeltas,
})

export const fetchCurves = (client: StudioClient) => (runIds: string[]) =>
  inSlices(runIds, (ids) => client.metrics.series({ runIds: ids, maxBuckets: bucketsFor(runIds.length) }))

/** Curves of a metric in the steps `from`..`to`, in at most `maxBuckets` buckets. */
export const fetchRange =
  (client: StudioClient, runIds: () => string[]) => (name: MetricName, from: number, to: number) => {
    const all = runIds()
    return inSlices(all, (ids) =>
      client.metrics.series({ runIds: ids, names: [name], from, to, maxBuckets: 2 * bucketsFor(all.length) }),
    )
  }

/** Buckets of each of some curves: fewer of many, whose details would lie on each other. */
const bucketsFor = (runs: number): number => (runs <= 20 ? maxBuckets : runs <= 50 ? maxBuckets / 2 : maxBuckets / 4)

/** Runs of one call, so that no answer is large and the studio stays responsive between calls. */
const runsPerCall = 50

async function inSlices<Item>(ids: readonly string[], fetch: (ids: string[]) => Promise<Item[]>): Promise<Item[]> {
  const found: Item[] = []
  for (let at = 0; at < ids.length; at += runsPerCall) found.push(...(await fetch(ids.slice(at, at + runsPerCall))))
  return found
}

/** Groups curves by metric; empty ones are dropped. */
export function tableOf(curves: readonly BucketedSeries[]): CurveTable {
  const table = new Map<MetricName, Map<string, BucketedSeries>>()
  for (const name of sortMetrics(curves.map((series) => series.name))) {
    const found = curves.filter((series) => series.name === name && series.start.length > 0)
    if (found.length > 0) table.set(name, new Map(found.map((series) => [series.runId, series])))
  }
  return table
}

/** The table with new points. Points of steps that a curve already has are dropped. */
export function withDeltas(table: CurveTable, deltas: readonly SeriesDelta[]): CurveTable {
  const all = new Map([...table.values()].flatMap((row) => [...row.values()]).map((series) => [key(series), series]))
  for (const delta of deltas)
    all.set(key(delta), appendPoints(all.get(key(delta)) ?? emptySeries(delta.runId, delta.name), delta, maxBuckets))
  return tableOf([...all.values()])
}

const key = (curve: { name: MetricName; runId: string }): string => `${curve.name} ${curve.runId}`
