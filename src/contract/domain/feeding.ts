import type { MetricName } from './metric.ts'

/** The metrics of how an epoch was fed, each in percent. */
export const feedingMetrics = {
  /** Share of the time of its steps that training waited for data. */
  wait: 'speed/epoch-data-wait',
  /** Share of its clips whose frames were not in the frame cache. */
  decoded: 'speed/epoch-decoded',
  /** Share of the time of the decoder processes in which they read cached frames. */
  reading: 'speed/epoch-reading',
} as const satisfies Record<string, MetricName>

/** How an epoch was fed; shares in percent. */
export interface EpochFeeding {
  readonly waitedMs: number
  readonly wait: number
  readonly decoded: number
  readonly reading: number
  /** Whether it is the first epoch that the process computed, so that its videos may be new. */
  readonly isFirst: boolean
}

/**
 * Why training waited for data: videos that are decoded for the first time, or again because their frames are not in the cache; a disk that is slow
 * to read cached frames; or processes that crop and augment more slowly than training computes.
 */
export type WaitCause = 'first-decoding' | 'decoding' | 'disk' | 'processing'

const highWaitPercent = 10
const longWaitMs = 10_000
const manyDecodedPercent = 10
const mostlyReadingPercent = 50

/** The cause of a long wait; undefined if training waited for less than a tenth of the time, or for seconds only. */
export function waitCause({ waitedMs, wait, decoded, reading, isFirst }: EpochFeeding): WaitCause | undefined {
  if (!(wait > highWaitPercent && waitedMs > longWaitMs)) return undefined
  if (decoded > manyDecodedPercent) return isFirst ? 'first-decoding' : 'decoding'
  return reading > mostlyReadingPercent ? 'disk' : 'processing'
}
