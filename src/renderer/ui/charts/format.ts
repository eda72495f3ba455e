import { decodeMetric, metrics, type MetricName, type MetricValue } from '#contract/metric.ts'

/** A number with four significant digits, short enough for a table: 0.1235, 12 346, 1.20e-5. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞'
  const size = Math.abs(value)
  if (size === 0) return '0'
  if (size < 1e-3 || size >= 1e7) return value.toExponential(2).replace('-', '−').replace('e+', 'e')
  const text = size >= 1000 ? group(Math.round(size)) : String(Number(size.toPrecision(4)))
  return value < 0 ? `−${text}` : text
}

/** A whole number with thin spaces between thousands. */
export function formatCount(value: number): string {
  return `${value < 0 ? '−' : ''}${group(Math.abs(Math.round(value)))}`
}

/** A share from 0 to 1 in per cent: 0.8312 becomes 83.1 %. */
export const formatShare = (share: number): string => `${(share * 100).toFixed(1)} %`

/** A recorded value with the unit of its metric, which for `%` is already in it (0 to 100). */
export function formatMetric(name: MetricName, value: MetricValue): string {
  const number = decodeMetric(value)
  const { unit } = metrics[name]
  if (unit === '%' && Number.isFinite(number)) return formatShare(number / 100)
  return unit === '' || !Number.isFinite(number) ? formatNumber(number) : `${formatNumber(number)} ${unit}`
}

const group = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f')
