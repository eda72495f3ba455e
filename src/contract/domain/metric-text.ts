import { formatNumber, formatShare } from '../format.ts'
import { decodeMetric, describeMetric, type MetricName, type MetricValue } from './metric.ts'

/** A recorded value with the unit of its metric. Values in percent are stored from 0 to 100. */
export function formatMetric(name: MetricName, value: MetricValue): string {
  const number = decodeMetric(value)
  const { unit } = describeMetric(name)
  if (unit === '%' && Number.isFinite(number)) return formatShare(number / 100)
  return unit === '' || !Number.isFinite(number) ? formatNumber(number) : `${formatNumber(number)} ${unit}`
}

/** A difference with its sign; of shares in percentage points: `+1.5`. */
export function formatMetricDifference(name: MetricName, difference: number): string {
  const { unit } = describeMetric(name)
  const size = Math.abs(difference)
  const text = unit === '%' ? size.toFixed(1) : formatNumber(size, 3)
  const sign = Number(text) === 0 ? '±' : difference > 0 ? '+' : '−'
  return `${sign}${text}`
}

/** Whether a difference is an improvement by the metric's goal; undefined without a goal, and if it is shown as zero. */
export function isBetter(name: MetricName, difference: number): boolean | undefined {
  const { goal } = describeMetric(name)
  return goal === 'none' || formatMetricDifference(name, difference).startsWith('±')
    ? undefined
    : (goal === 'maximize') === difference > 0
}

/** A probability of a test: `0.012`; below 0.001 as a bound. */
export const formatProbability = (p: number): string => (p < 0.001 ? '< 0.001' : p.toFixed(3))
