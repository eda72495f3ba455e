import { z } from 'zod'
import { clipConfiguration } from '../configuration/clip.ts'
import { formatVersions } from '../layout.ts'
import { slug, usedExclusions } from './dataset.ts'
import { modelRef } from './model-ref.ts'
import { modelDescription } from './model.ts'
import { hasTopFive } from './result.ts'

/** Classifiers on the features of a frozen encoder. The first two read one mean per video, the attentive one reads all tokens. */
export const probeMethods = ['knn', 'linear', 'attentive'] as const
const probeMethod = z.enum(probeMethods)
export type ProbeMethod = z.infer<typeof probeMethod>

/** One or more methods. */
export const probeMethodList = z.array(probeMethod).min(1, 'Choose at least one method.')

export const probeMethodTitles: Record<ProbeMethod, string> = {
  knn: 'Nearest neighbours',
  linear: 'Linear probe',
  attentive: 'Attentive probe',
}

/** Default number of neighbours. */
export const defaultNeighbours = 20

/** What to probe, and on which labelled videos. `labels` may be absent if the dataset has one label set. */
export const probeRequest = z.object({
  model: modelRef,
  dataset: slug,
  labels: slug.optional(),
  methods: probeMethodList.default([...probeMethods]),
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
  /** Videos whose features were computed. Those of the validation split choose settings. */
  videos: z.object({ train: z.int(), validation: z.int(), test: z.int() }),
  /** Of those, training videos of each class. Empty in early records. */
  trainingVideosByClass: z.array(z.int()).default([]),
  /** A sentence for each video that could not be read. */
  leftOut: z.array(z.string()),
  /** `neighbours` is at most the number of training videos. */
  knn: accuracy.extend({ neighbours: z.int(), temperature: z.number() }).nullable(),
  linear: accuracy
    .extend({ weightDecay: z.number(), isChosenOnValidation: z.boolean(), iterations: z.int() })
    .nullable(),
  /** A learned query attends to all tokens. `trainingLoss` is the mean cross entropy after the last step. Absent from early records. */
  attentive: accuracy
    .extend({
      learningRate: z.number(),
      weightDecay: z.number(),
      isChosenOnValidation: z.boolean(),
      /** Number of pairs of rate and weight decay among which was chosen. */
      settings: z.int(),
      iterations: z.int(),
      batchSize: z.int(),
      trainingLoss: z.number(),
    })
    .nullable()
    .default(null),
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
    dataset: z.object({ name: slug, digest: z.string(), labels: slug, exclusions: usedExclusions.optional() }),
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

/** Progress of a probe: videos whose features are computed, queries classified, classifiers fitted, or training steps. */
export const probeProgress = z.object({
  phase: z.enum(['features', ...probeMethods]),
  done: z.int(),
  total: z.int(),
})
export type ProbeProgress = z.infer<typeof probeProgress>

export const probePhaseTitles: Record<ProbeProgress['phase'], string> = {
  features: 'Computing features',
  knn: 'Searching neighbours',
  linear: 'Fitting classifiers',
  attentive: 'Training the attentive probe',
}

/** Training videos of a class as text: `4`, or `3–5` if classes differ; undefined for early records. */
export function videosPerClass({
  trainingVideosByClass,
}: Pick<ProbeRecord, 'trainingVideosByClass'>): string | undefined {
  if (trainingVideosByClass.length === 0) return undefined
  const [fewest, most] = [Math.min(...trainingVideosByClass), Math.max(...trainingVideosByClass)]
  return fewest === most ? String(fewest) : `${fewest}–${most}`
}
