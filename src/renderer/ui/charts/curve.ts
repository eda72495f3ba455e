import type { BucketedSeries, MetricName } from '#contract/domain/metric.ts'

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
