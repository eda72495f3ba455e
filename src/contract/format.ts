// Quantities as text, the same in the window and on the command line.

const sizeUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** `1536` -> `1.5 KiB`. From 100 on without decimals. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(sizeUnits.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${sizeUnits[power]}`
}

export type DurationUnit = 'ms' | 's' | 'min' | 'h' | 'd'
/** A duration in two units at most, hours without seconds: `83_000` -> 1 min, 23 s. */
export function durationParts(durationMs: number): [value: string, unit: DurationUnit][] {
  if (durationMs < 1000) return [[String(Math.round(durationMs)), 'ms']]
  if (durationMs < 10_000) return [[(durationMs / 1000).toFixed(1), 's']]
  const seconds = Math.round(durationMs / 1000)
  if (seconds < 60) return [[String(seconds), 's']]
  if (seconds < 3600) return inTwo(seconds, 60, 'min', 's')
  const minutes = Math.round(seconds / 60)
  if (minutes < 24 * 60) return inTwo(minutes, 60, 'h', 'min')
  return inTwo(Math.round(minutes / 60), 24, 'd', 'h')
}
const inTwo = (total: number, size: number, large: DurationUnit, small: DurationUnit): [string, DurationUnit][] => [
  [String(Math.floor(total / size)), large],
  [String(total % size), small],
]

/** `83_000` -> `1 min 23 s`. */
export const formatDuration = (durationMs: number): string =>
  durationParts(durationMs)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ')

/** Duration of one training step: `152 ms`, `1.3 s`. */
export const formatStepDuration = (seconds: number): string =>
  seconds < 1 ? `${Math.max(1, Math.round(seconds * 1000))} ms` : `${seconds.toPrecision(2)} s`

/** `0.4166` -> `41.7 %`. */
export const formatShare = (share: number): string => `${(share * 100).toFixed(1)} %`

/** `1 video`, `3 videos`. */
export const formatQuantity = (count: number, singular: string, plural = `${singular}s`): string =>
  `${count} ${count === 1 ? singular : plural}`

/** `digits` significant digits; numbers below 0.001 and from a million on in scientific notation. */
export function formatNumber(value: number, digits = 4): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞'
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size < 1e-3 || size >= 1e6) return value.toExponential(digits - 2)
  return String(Number(value.toPrecision(digits)))
}

/** Step number in full, with narrow spaces between thousands: 86 000 123. */
export const formatStep = (step: number): string => String(Math.round(step)).replace(/\B(?=(\d{3})+$)/g, '\u202f')

const listFormat = new Intl.ListFormat('en', { type: 'conjunction' })
const alternativesFormat = new Intl.ListFormat('en', { type: 'disjunction' })

/** `a, b, and c`. */
export const formatList = (items: readonly string[]): string => listFormat.format(items)

/** `a, b, or c`. */
export const formatAlternatives = (items: readonly string[]): string => alternativesFormat.format(items)
