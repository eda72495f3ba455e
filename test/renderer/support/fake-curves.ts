import type { BucketedSeries } from '#contract/domain/buckets.ts'
import { decodeMetric, encodeMetric } from '#contract/domain/metric.ts'
import type { MetricName, MetricSummary } from '#contract/domain/metric.ts'
import { packBuckets, type PackedSeries } from '#contract/domain/packed-series.ts'
import type { Stage } from '#contract/stages/index.ts'

export interface Curve {
  steps: number[]
  values: number[]
}

/** Repeatable noise in -1..1. */
export const noise = (seed: number, step: number): number => {
  const value = Math.sin(seed * 127.1 + step * 311.7) * 43_758.5453
  return 2 * (value - Math.floor(value)) - 1
}

const decay = (step: number, total: number, from: number, to: number) =>
  to + (from - to) * Math.exp((-4 * step) / total)

/** Metrics that a stage records at `step` of `total`. */
export function metricsAt(
  stage: Stage,
  seed: number,
  step: number,
  total: number,
  stepsPerEpoch: number,
): Partial<Record<MetricName, number>> {
  if (stage === 'evaluate')
    return step % 4 === 0
      ? { 'speed/clips-per-second': 140 + 12 * noise(seed, step), 'progress/epoch': step / total }
      : {}
  const warm = Math.min(1, step / (total * 0.1))
  const isEpochEnd = step % stepsPerEpoch === 0 && step > 0
  const shared = {
    'optimizer/learning-rate': 5e-4 * warm * (0.5 + 0.5 * Math.cos((Math.PI * step) / total)),
    'optimizer/gradient-norm': decay(step, total, 2.4, 0.5) * (1 + 0.2 * noise(seed + 1, step)),
    'speed/clips-per-second': 190 + 14 * noise(seed + 2, step) - (step % 97 === 0 ? 90 : 0),
    'speed/data-wait': 4 + 3 * noise(seed + 3, step),
    'system/memory': 780 + 20 * Math.tanh(step / 60),
    'system/peak-memory': 800 + 30 * Math.tanh(step / 60),
    'progress/epoch': step / stepsPerEpoch,
  }
  if (stage === 'finetune') {
    const accuracy = 0.125 + 0.72 * (1 - Math.exp((-3.2 * step) / total))
    return {
      ...shared,
      'train/loss': decay(step, total, 2.1, 0.7) * (1 + 0.08 * noise(seed, step)),
      'train/top1': Math.min(1, accuracy + 0.06 * noise(seed + 4, step)) * 100,
      ...(isEpochEnd
        ? {
            'validation/loss': decay(step, total, 2.1, 0.95) * (1 + 0.03 * noise(seed + 5, step)),
            'validation/top1': (accuracy - 0.07 + 0.02 * noise(seed + 6, step)) * 100,
          }
        : {}),
    }
  }
  const [from, to] = stage === 'distill' ? [1.9, 0.52] : [1.08, 0.56]
  const loss = decay(step, total, from, to) * (1 + 0.05 * noise(seed, step))
  return {
    ...shared,
    'train/loss': loss,
    ...(stage === 'distill' ? { 'train/image-loss': loss * 0.38, 'train/video-loss': loss * 0.62 } : {}),
  }
}

export function summarize(name: MetricName, { steps, values }: Curve): MetricSummary {
  return {
    name,
    last: encodeMetric(values.at(-1) ?? Number.NaN),
    lastStep: steps.at(-1) ?? 0,
    min: encodeMetric(Math.min(...values)),
    max: encodeMetric(Math.max(...values)),
    count: values.length,
  }
}

/** Buckets of the smallest power-of-two width that stays within `maxBuckets`. */
export function bucketed(
  runId: string,
  name: MetricName,
  curve: Curve,
  from: number,
  to: number,
  maxBuckets: number,
): BucketedSeries {
  const points = curve.steps
    .map((step, index) => [step, curve.values[index]!] as const)
    .filter(([step]) => step >= from && step <= to)
  let width = 1
  while (new Set(points.map(([step]) => Math.floor(step / width))).size > maxBuckets) width *= 2
  const buckets = Map.groupBy(points, ([step]) => Math.floor(step / width) * width)
  const values = [...buckets.values()].map((bucket) => bucket.map(([, value]) => value))
  return {
    runId,
    name,
    width,
    start: [...buckets.keys()],
    first: values.map((bucket) => encodeMetric(bucket[0]!)),
    last: values.map((bucket) => encodeMetric(bucket.at(-1)!)),
    min: values.map((bucket) => encodeMetric(Math.min(...bucket))),
    max: values.map((bucket) => encodeMetric(Math.max(...bucket))),
    lastStep: points.at(-1)?.[0] ?? -1,
  }
}

/** The series as the studio sends it. */
export const packed = (
  { runId, name, width, lastStep, start, first, last, min, max }: BucketedSeries,
  hasRanges: boolean,
): PackedSeries => {
  const [firsts, lasts, lows, highs] = [first, last, min, max].map((column) => column.map(decodeMetric))
  const buckets = { width, start, first: firsts!, last: lasts!, min: lows!, max: highs! }
  const { bytes, ...facts } = packBuckets(buckets, hasRanges)
  return { runId, name, lastStep, ...facts, columns: Buffer.from(bytes).toString('base64') }
}
