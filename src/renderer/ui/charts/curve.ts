import type { BucketedSeries } from '#contract/domain/buckets.ts'
import type { MetricName } from '#contract/domain/metric.ts'

/** A run whose curves are drawn. `style` is its index in the palette, the same in every chart of a page. */
export interface CurveRun {
  id: string
  label: string
  style: number
}

/** The curve of one metric of a run in a chart. */
export interface Curve extends CurveRun {
  runId: string
  name: MetricName
  series: BucketedSeries
}

/** The curves of runs in a chart of some metrics. */
export const curvesOf = (
  names: readonly MetricName[],
  runs: readonly CurveRun[],
  store: { of(name: MetricName): ReadonlyMap<string, BucketedSeries> },
): Curve[] =>
  names.flatMap((name) => {
    const found = store.of(name)
    return runs.flatMap((run) => {
      const series = found.get(run.id)
      return series === undefined ? [] : [{ ...run, id: `${run.id} ${name}`, runId: run.id, name, series }]
    })
  })
