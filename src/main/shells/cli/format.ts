import { decodeMetric, type MetricValue } from '#contract/domain/metric.ts'

/** `850 ms`, `12 s`, `3 min 05 s`, `2 h 07 min`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`
  const seconds = Math.round(durationMs / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${pad(seconds % 60)} s`
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`
}

/** What one training step takes: `152 ms`, `1.3 s`. */
export const formatStep = (seconds: number): string =>
  seconds < 1 ? `${Math.max(1, Math.round(seconds * 1000))} ms` : `${seconds.toPrecision(2)} s`

/** Four digits that count. */
export const formatLoss = (value: MetricValue | null): string =>
  value === null ? '–' : String(Number(decodeMetric(value).toPrecision(4)))

/** A share from 0 to 1 as a percentage with one decimal. */
export const formatShare = (share: number | null): string => (share === null ? '–' : `${(share * 100).toFixed(1)} %`)

export const formatRate = (clipsPerSecond: number | null): string =>
  clipsPerSecond === null ? '–' : `${clipsPerSecond.toPrecision(3)} clips/s`

/** `812 B`, `1.4 MiB`. */
export function formatBytes(sizeBytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const step = sizeBytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(sizeBytes) / 10))
  return `${step === 0 ? sizeBytes : (sizeBytes / 1024 ** step).toFixed(1)} ${units[step]}`
}

const pad = (value: number): string => String(value).padStart(2, '0')
