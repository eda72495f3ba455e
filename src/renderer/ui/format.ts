/** How numbers read on the screen. */

const sizeUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** `1536` -> `1.5 KiB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(sizeUnits.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${sizeUnits[power]}`
}

/** `83_000` -> `1 min 23 s`; two units at most, hours without seconds. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`
  if (durationMs < 10_000) return `${(durationMs / 1000).toFixed(1)} s`
  const seconds = Math.round(durationMs / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
  const hours = Math.round(minutes / 60)
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** `1234567` -> `1.23 M`; whole numbers below ten thousand stay as they are. */
export function formatCount(count: number): string {
  if (count < 10_000) return String(count)
  const [value, suffix] = count < 1e6 ? [count / 1e3, 'k'] : count < 1e9 ? [count / 1e6, 'M'] : [count / 1e9, 'G']
  return `${value.toPrecision(3)} ${suffix}`
}

/** Four significant digits unless told otherwise; very small and very large numbers as powers of ten; `NaN` and infinities as words. */
export function formatNumber(value: number, digits = 4): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞'
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size < 1e-3 || size >= 1e6) return value.toExponential(digits - 2)
  return String(Number(value.toPrecision(digits)))
}

/** The unit of a value: `epochs`, but `1 epoch`. */
export const formatUnit = (unit: string, value: unknown): string =>
  value === 1 && /^[a-z]+s$/.test(unit) ? unit.replace(/(?<=ch)es$|s$/, '') : unit

/** `0.4166` -> `41.7 %`. */
export const formatShare = (share: number): string => `${(share * 100).toFixed(1)} %`

/** Local date and time of an ISO time, to the minute. */
export function formatDate(iso: string): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso))
}

/** Local day of an ISO time. */
export const formatDay = (iso: string): string =>
  new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' }).format(new Date(iso))

/** Local time of day of an ISO time, to the minute. */
export const formatTime = (iso: string): string =>
  new Intl.DateTimeFormat(undefined, { timeStyle: 'short' }).format(new Date(iso))

/** How long ago, in one unit: `just now`, `5 min ago`, `3 h ago`, `2 d ago`. */
export function formatAgo(iso: string, now: number): string {
  const minutes = Math.floor((now - Date.parse(iso)) / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${minutes} min ago`
  return minutes < 24 * 60 ? `${Math.floor(minutes / 60)} h ago` : `${Math.floor(minutes / 1440)} d ago`
}
