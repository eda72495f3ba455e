import { z } from 'zod'

/** A number in JSON: NaN and infinities are strings. */
export const metricValue = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])])
export type MetricValue = z.infer<typeof metricValue>

export function encodeMetric(value: number): MetricValue {
  if (Number.isFinite(value)) return value
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
}
/** Many numbers in JSON. One check for the whole array, since schemas for each of a million numbers take longer than reading them. */
const metricValues = z.custom<MetricValue[]>(
  (values) => Array.isArray(values) && values.every((value) => typeof value === 'number' || isNotFinite(value)),
  'Expected numbers, NaN or infinities.',
)
const isNotFinite = (value: unknown): boolean => value === 'NaN' || value === 'Infinity' || value === '-Infinity'

/** What `metricValue` accepts. JSON holds finite numbers only. */
export const isMetricValue = (value: unknown): value is MetricValue =>
  (typeof value === 'number' && Number.isFinite(value)) || isNotFinite(value)

const stepNumbers = z.custom<number[]>(
  (steps) => Array.isArray(steps) && steps.every(Number.isInteger),
  'Expected steps.',
)

export const decodeMetric = (value: MetricValue): number => Number(value)

/** Values by metric as JSON carries them; names without a value are left out. */
export function encodeMetrics(values: Readonly<Partial<Record<MetricName, number>>>): Record<MetricName, MetricValue> {
  const encoded: Record<MetricName, MetricValue> = {}
  for (const [name, value] of Object.entries(values)) if (value !== undefined) encoded[name] = encodeMetric(value)
  return encoded
}

export type Goal = 'minimize' | 'maximize' | 'none'

/** How a metric is shown. `goal` says which of two values is better. */
export interface MetricDescription {
  readonly label: string
  readonly unit: string
  readonly goal: Goal
}

/** A metric may have any name; by convention `<group>/<metric>`. */
export const metricName = z.string().min(1)
export type MetricName = z.infer<typeof metricName>

/** Labels, units and goals of the metrics that the studio records itself, in the order in which they are shown. */
const registry = new Map<MetricName, MetricDescription>(
  Object.entries({
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
    'speed/epoch-data-wait': { label: 'Waiting for data over the epoch', unit: '%', goal: 'minimize' },
    'speed/epoch-decoded': { label: 'Clips decoded in the epoch', unit: '%', goal: 'none' },
    'speed/epoch-reading': { label: 'Reading of cached frames in the epoch', unit: '%', goal: 'none' },
    'system/memory': { label: 'Resident memory', unit: 'MiB', goal: 'minimize' },
    'system/peak-memory': { label: 'Peak memory', unit: 'MiB', goal: 'minimize' },
    'system/processor': { label: 'Processor', unit: '%', goal: 'none' },
    'system/decoder-memory': { label: 'Memory of the decoders', unit: 'MiB', goal: 'none' },
    'system/free-disk': { label: 'Free disk space', unit: 'GiB', goal: 'none' },
    'system/card': { label: 'Card utilization', unit: '%', goal: 'none' },
    'system/card-memory': { label: 'Card memory', unit: 'MiB', goal: 'none' },
    'progress/epoch': { label: 'Epoch', unit: 'epochs', goal: 'none' },
  } satisfies Record<string, MetricDescription>),
)

/** Description of a metric; one that is not registered is labelled by its name. */
export const describeMetric = (name: MetricName): MetricDescription =>
  registry.get(name) ?? { label: name, unit: '', goal: 'none' }

/** Names of the metrics that the studio records itself, in the order in which they are shown. */
export const knownMetrics = (): MetricName[] => [...registry.keys()]

/** Names in display order: registered metrics in the order of the registry, then others by name. */
export function sortMetrics(names: Iterable<MetricName>): MetricName[] {
  const present = new Set(names)
  return [...registry.keys()].filter((name) => present.delete(name)).concat([...present].toSorted())
}

/** Summary of a series, stored with it so that lists need not read its points. */
export const metricSummary = z.object({
  name: metricName,
  last: metricValue,
  lastStep: z.int(),
  min: metricValue,
  max: metricValue,
  count: z.int(),
  /** Value at the step where the validation of the run was best; absent from runs without validation. */
  atBestValidation: metricValue.optional(),
})
export type MetricSummary = z.infer<typeof metricSummary>

/** New points of a series: `steps` ascending, `values` parallel. */
export const seriesDelta = z.object({
  runId: z.string(),
  name: metricName,
  steps: stepNumbers,
  values: metricValues,
})
export type SeriesDelta = z.infer<typeof seriesDelta>

/** The last value of a metric of a run up to a step: the step is where it was recorded. */
export const metricAtStep = z.object({ runId: z.string(), step: z.int(), value: metricValue })
export type MetricAtStep = z.infer<typeof metricAtStep>

/**
 * Time from the first start of a run to some of its steps, ascending; between them it grows about linearly. Empty if no time was
 * recorded for the run's points.
 */
export const runTimes = z.object({
  runId: z.string(),
  steps: z.array(z.int()),
  /** Since the first start, pauses included. */
  wallMs: z.array(z.number()),
  /** Sum over the attempts up to the step, without pauses. */
  computeMs: z.array(z.number()),
})
export type RunTimes = z.infer<typeof runTimes>
