import { z } from 'zod'

/** A number as JSON can carry it: NaN and infinities travel as words. */
export const metricValue = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])])
export type MetricValue = z.infer<typeof metricValue>

export function encodeMetric(value: number): MetricValue {
  if (Number.isFinite(value)) return value
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
}
export const decodeMetric = (value: MetricValue): number => Number(value)

/** Names a stage may record, with what the screen says of them. `goal` tells which of two values is better. */
export const metrics = {
  'train/loss': { label: 'Training loss', unit: '', goal: 'minimize' },
  'train/image-loss': { label: 'Loss against the image teacher', unit: '', goal: 'minimize' },
  'train/video-loss': { label: 'Loss against the video teacher', unit: '', goal: 'minimize' },
  'train/top1': { label: 'Training top-1', unit: '%', goal: 'maximize' },
  'validation/loss': { label: 'Validation loss', unit: '', goal: 'minimize' },
  'validation/top1': { label: 'Validation top-1', unit: '%', goal: 'maximize' },
  'test/top1': { label: 'Test top-1', unit: '%', goal: 'maximize' },
  'test/top5': { label: 'Test top-5', unit: '%', goal: 'maximize' },
  'optimizer/learning-rate': { label: 'Learning rate', unit: '', goal: 'none' },
  'optimizer/gradient-norm': { label: 'Gradient norm', unit: '', goal: 'none' },
  'optimizer/loss-scale': { label: 'Loss scale', unit: '', goal: 'none' },
  'speed/clips-per-second': { label: 'Throughput', unit: 'clips/s', goal: 'maximize' },
  'speed/data-wait': { label: 'Waiting for data', unit: '%', goal: 'minimize' },
  'system/memory': { label: 'Resident memory', unit: 'MiB', goal: 'minimize' },
  'system/peak-memory': { label: 'Peak memory', unit: 'MiB', goal: 'minimize' },
  'progress/epoch': { label: 'Epoch', unit: 'epochs', goal: 'none' },
} as const satisfies Record<string, { label: string; unit: string; goal: 'minimize' | 'maximize' | 'none' }>

export type MetricName = keyof typeof metrics
export const metricNames = Object.keys(metrics) as MetricName[]
export const metricName = z.enum(metricNames as [MetricName, ...MetricName[]])

/** Summary of one metric of one run, kept beside the points so that lists never scan them. */
export const metricSummary = z.object({
  name: metricName,
  last: metricValue,
  lastStep: z.int(),
  min: metricValue,
  max: metricValue,
  count: z.int(),
})
export type MetricSummary = z.infer<typeof metricSummary>

/**
 * A curve in buckets of `width` steps (a power of two), anchored at step 0, so that a growing curve never shimmers.
 * Width 1 holds every point. Arrays run in parallel, one entry a bucket that has points.
 */
export const series = z.object({
  runId: z.string(),
  name: metricName,
  width: z.int().positive(),
  /** First step of the bucket: a multiple of `width`. */
  start: z.array(z.int()),
  first: z.array(metricValue),
  last: z.array(metricValue),
  min: z.array(metricValue),
  max: z.array(metricValue),
  /** Step of the last point in the series; -1 when empty. Deltas continue after it. */
  lastStep: z.int(),
})
export type Series = z.infer<typeof series>

/** Points that joined a curve: `steps` ascending, `values` in parallel. */
export const seriesDelta = z.object({
  runId: z.string(),
  name: metricName,
  steps: z.array(z.int()),
  values: z.array(metricValue),
})
export type SeriesDelta = z.infer<typeof seriesDelta>
