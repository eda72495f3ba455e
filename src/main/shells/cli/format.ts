import { decodeMetric, type MetricValue } from '#contract/domain/metric.ts'
import { formatShare as shareText } from '#contract/format.ts'

export { formatBytes, formatDuration, formatStepDuration } from '#contract/format.ts'

/** Four significant digits. */
export const formatLoss = (value: MetricValue | null): string =>
  value === null ? '–' : String(Number(decodeMetric(value).toPrecision(4)))

/** A share from 0 to 1 in percent. */
export const formatShare = (share: number | null): string => (share === null ? '–' : shareText(share))

export const formatRate = (clipsPerSecond: number | null): string =>
  clipsPerSecond === null ? '–' : `${clipsPerSecond.toPrecision(3)} clips/s`
