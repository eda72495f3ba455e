import type { MetricValue, BucketedSeries } from '#contract/domain/metric.ts'

/** One run's curve in a chart. `style` is its index in the palette, the same in every chart of a page. */
export interface Curve {
  id: string
  label: string
  style: number
  series: BucketedSeries
}

/** Value of a curve at a step. */
export interface CurveReading {
  curve: Curve
  step: number | undefined
  value: MetricValue | undefined
  smoothed: number | undefined
}
