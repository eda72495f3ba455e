import { decodeMetric, metrics, type MetricName, type MetricValue } from '#contract/domain/metric.ts'
import { formatNumber, formatShare } from '../format.ts'

/** A recorded value with the unit of its metric, which for `%` is already in it (0 to 100). */
export function formatMetric(name: MetricName, value: MetricValue): string {
  const number = decodeMetric(value)
  const { unit } = metrics[name]
  if (unit === '%' && Number.isFinite(number)) return formatShare(number / 100)
  return unit === '' || !Number.isFinite(number) ? formatNumber(number) : `${formatNumber(number)} ${unit}`
}

/** A whole number in full, with narrow spaces between thousands: 86 000 123. */
export const formatStep = (step: number): string => String(Math.round(step)).replace(/\B(?=(\d{3})+$)/g, '\u202f')

/** What a metric measures without the phase it belongs to: `validation/top1` becomes `top-1`. */
export const shortName = (name: MetricName): string =>
  (name.split('/')[1] ?? name).replace(/^top(\d)$/, 'top-$1').replaceAll(/-(?=[a-z])/g, ' ')

/** Labels of an axis, with as many digits as it takes to tell its ticks apart. A tick that is null has none. */
export function tickLabels(ticks: readonly (number | null)[]): string[] {
  const values = ticks.filter((tick) => tick !== null)
  const gap = values
    .slice(1)
    .reduce((smallest, value, index) => Math.min(smallest, Math.abs(value - (values[index] ?? value))), Infinity)
  let digits = 4
  while (digits < 10 && values.some((value) => Math.abs(Number(formatNumber(value, digits)) - value) > gap / 20))
    digits++
  return ticks.map((tick) => (tick === null ? '' : formatNumber(tick, digits).replace(/\.?0*e/, 'e')))
}
