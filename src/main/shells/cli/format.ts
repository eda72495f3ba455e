import { decodeMetric, type MetricValue } from '#contract/domain/metric.ts'
import { formatShare } from '#contract/format.ts'

// Values of tables, which show a dash for what is not known.
const dash = '–'

/** Four significant digits. */
export const formatLoss = (value: MetricValue | null): string =>
  value === null ? dash : String(Number(decodeMetric(value).toPrecision(4)))

/** A share from 0 to 1 as a percentage with one decimal. */
export const formatAccuracy = (share: number | null): string => (share === null ? dash : formatShare(share))

export const formatRate = (clipsPerSecond: number | null): string =>
  clipsPerSecond === null ? dash : `${clipsPerSecond.toPrecision(3)} clips/s`
