import { z } from 'zod'
import { clipConfiguration } from '../configuration/clip.ts'
import { formatVersions } from '../layout.ts'
import { slug } from './dataset.ts'
import { modelRef } from './model-ref.ts'
import { modelDescription } from './model.ts'
import { hasTopFive } from './result.ts'

/** Classifiers on the features of a frozen encoder: k nearest neighbours and a linear one. */
export const probeMethods = ['knn', 'linear', 'both'] as const
export const probeMethod = z.enum(probeMethods)
export type ProbeMethod = z.infer<typeof probeMethod>

export const probeMethodTitles: Record<ProbeMethod, string> = {
  knn: 'Nearest neighbours',
  linear: 'Linear probe',
  both: 'Both',
}

/** Default number of neighbours. */
export const defaultNeighbours = 20

/** What to probe, and on which labelled videos. `labels` may be absent if the dataset has one label set. */
export const probeRequest = z.object({
  model: modelRef,
  dataset: slug,
  labels: slug.optional(),
  method: probeMethod.default('both'),
  neighbours: z
    .int('The number of neighbours must be a whole number.')
    .min(1, 'The number of neighbours must be at least 1.')
    .max(10_000, 'The number of neighbours must be at most 10000.')
    .default(defaultNeighbours),
})
export type ProbeRequest = z.infer<typeof probeRequest>

/** Shares of the test videos, from 0 to 1. Top-5 is null for fewer than six classes; see `hasTopFive`. */
const accuracy = z.object({ top1: z.number(), top5: z.number().nullable() })

/** Accuracy of guessing among that many classes. */
export const chanceOf = (classes: number): z.infer<typeof accuracy> => ({
  top1: 1 / classes,
  top5: hasTopFive(classes) ? 5 / classes : null,
})

/** Result of a probe, on the centre view of each labelled video. */
export const probeMeasurement = z.object({
  /** `<run id>@<step>`, or the name of an imported model. */
  model: z.string(),
  /** Of its `model.safetensors`. */
  sha256: z.string(),
  description: modelDescription,
  /** Input of the encoder. An image encoder sees the first frame of each tubelet. */
  clip: clipConfiguration,
  engine: z.string(),
  classes: z.int(),
  /** Videos whose features were computed. Those of the validation split choose the weight decay. */
  videos: z.object({ train: z.int(), validation: z.int(), test: z.int() }),
  /** A sentence for each video that could not be read. */
  leftOut: z.array(z.string()),
  /** `neighbours` is at most the number of training videos. */
  knn: accuracy.extend({ neighbours: z.int(), temperature: z.number() }).nullable(),
  linear: accuracy
    .extend({ weightDecay: z.number(), isChosenOnValidation: z.boolean(), iterations: z.int() })
    .nullable(),
  chance: accuracy,
  /** Cosine between the mean features of each two tubelets of a clip [T', T'], averaged over the test videos. */
  frameSimilarity: z.array(z.array(z.number())),
  durationMs: z.number(),
})
export type ProbeMeasurement = z.infer<typeof probeMeasurement>

/** Early records have a top-5 whatever the number of classes. */
const withMeaning = <A extends z.infer<typeof accuracy>>(accuracy: A, classes: number): A =>
  hasTopFive(classes) ? accuracy : { ...accuracy, top5: null }

/** `probes/<id>.json`. */
export const probeRecord = probeMeasurement
  .extend({
    version: z.literal(formatVersions.probe),
    id: z.string(),
    createdAt: z.string(),
    dataset: z.object({ name: slug, digest: z.string(), labels: slug }),
    /** Sentences about classes without training or test videos. Absent from early records. */
    notes: z.array(z.string()).default([]),
  })
  .transform(({ knn, linear, chance, ...record }) => ({
    ...record,
    knn: knn === null ? null : withMeaning(knn, record.classes),
    linear: linear === null ? null : withMeaning(linear, record.classes),
    chance: withMeaning(chance, record.classes),
  }))
export type ProbeRecord = z.infer<typeof probeRecord>

/** Progress of a probe: videos whose features are computed, queries classified, or classifiers fitted. */
export const probeProgress = z.object({ phase: z.enum(['features', 'knn', 'linear']), done: z.int(), total: z.int() })
export type ProbeProgress = z.infer<typeof probeProgress>

export const probePhaseTitles: Record<ProbeProgress['phase'], string> = {
  features: 'Computing features',
  knn: 'Searching neighbours',
  linear: 'Fitting classifiers',
}
