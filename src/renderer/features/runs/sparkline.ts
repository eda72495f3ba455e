import type { BucketedSeries } from '#contract/domain/buckets.ts'
import { decodeMetric, type MetricName } from '#contract/domain/metric.ts'
import type { Run } from '#contract/domain/run.ts'
import { isValidation } from '#contract/query/metric-keys.ts'

/** A small curve without axes. */
export interface Sparkline {
  /** `d` of an SVG path. The line is interrupted where a value is NaN or infinite. */
  readonly path: string
  /** Smallest and largest finite value. */
  readonly min: number
  readonly max: number
  readonly firstStep: number
  readonly lastStep: number
  /** Drawn values that are not finite. */
  readonly nonFinite: number
}

/**
 * The last value of each bucket as a line, with the larger values above.
 * @returns undefined without a finite value
 */
export function sparklineOf(series: BucketedSeries, width: number, height: number): Sparkline | undefined {
  const values = series.last.map(decodeMetric)
  const finite = values.filter(Number.isFinite)
  const [firstStep] = series.start
  const lastStart = series.start.at(-1)
  if (finite.length === 0 || firstStep === undefined || lastStart === undefined) return undefined
  const min = finite.reduce((least, value) => Math.min(least, value))
  const max = finite.reduce((most, value) => Math.max(most, value))
  const x = (step: number): number =>
    lastStart === firstStep ? width / 2 : ((step - firstStep) / (lastStart - firstStep)) * width
  const y = (value: number): number => (max === min ? height / 2 : ((max - value) / (max - min)) * height)
  let isDrawing = false
  const parts = values.map((value, index) => {
    if (!Number.isFinite(value)) {
      isDrawing = false
      return ''
    }
    const point = `${x(series.start[index] ?? firstStep).toFixed(1)} ${y(value).toFixed(1)}`
    const isAlone = !isDrawing && !Number.isFinite(values[index + 1] ?? Number.NaN)
    const part = isDrawing ? `L${point}` : `M${point}`
    isDrawing = true
    // A line of no length with round ends is a dot.
    return isAlone ? `${part}h0` : part
  })
  return {
    path: parts.join(''),
    min,
    max,
    firstStep,
    lastStep: series.lastStep,
    nonFinite: values.length - finite.length,
  }
}

/** Metrics whose curves stand for a run: its training loss, or what it records first, and one of its validation. */
export function mainMetrics({ summaries }: Pick<Run, 'summaries'>): MetricName[] {
  const names = summaries.map(({ name }) => name)
  const main = names.find((name) => name === 'train/loss') ?? names.find((name) => !isValidation(name))
  const validation = names.filter(isValidation)
  const shown = validation.find((name) => name.startsWith('validation/top1')) ?? validation[0]
  return [main, shown].filter((name) => name !== undefined)
}

/** Changes when the curves of a run have about a tenth more points, so that they are not read again at every step. */
export const growthOf = ({
  id,
  attempt,
  status,
  summaries,
}: Pick<Run, 'id' | 'attempt' | 'status' | 'summaries'>): string => {
  const points = summaries.reduce((most, { count }) => Math.max(most, count), 0)
  return [id, attempt, status, Math.floor(7 * Math.log2(points + 1))].join(' ')
}
