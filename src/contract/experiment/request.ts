import { z } from 'zod'
import { pipelineConfiguration } from '../configuration/pipeline.ts'
import { slug, usedExclusions } from '../domain/dataset.ts'
import { formatVersions } from '../layout.ts'
import { startSchema } from '../stages/starts.ts'

const seedCount = z.int().min(1, 'At least one seed.').max(100, 'At most 100 seeds.')

/**
 * A teacher ablation: teachers and students are trained once per pre-training seed, a classifier is fine-tuned from each start on each
 * label set with values chosen on validation, and tested.
 */
export const experimentRequest = z.strictObject({
  /** Becomes the id of the experiment, the `group` of its pipelines, and the beginning of their names. */
  name: slug,
  dataset: slug,
  /** Label sets of the dataset. Those with the same classes make a learning curve. */
  labels: z.array(slug).min(1, 'Choose at least one label set.').max(32),
  preset: slug,
  /** Values of all stages. Its list of stages is not used: the starts decide which stages run. */
  configuration: pipelineConfiguration,
  /** What classifiers start from. */
  starts: z.array(startSchema).min(1, 'Choose at least one start.'),
  /** Pre-training seeds: `general.seed` and the numbers after it. */
  pretrainingSeeds: seedCount.default(3),
  /** Classifiers of each start and label set for each pre-training seed. */
  finetuningSeeds: seedCount.default(1),
  /** Learning rates of fine-tuning to choose from; the one of the configuration if empty. */
  learningRates: z.array(z.number().positive()).max(16).default([]),
  /** Layer decays of fine-tuning to choose from; the one of the configuration if empty. */
  layerDecays: z.array(z.number().positive()).max(16).default([]),
  /** Whether the frozen features of every start are probed at the end. */
  probes: z.boolean().default(true),
})
export type ExperimentRequest = z.infer<typeof experimentRequest>

/** `experiments/<id>.json`. The request never changes after the launch. */
export const experimentFile = z.object({
  version: z.literal(formatVersions.experiment),
  id: slug,
  createdAt: z.string(),
  /** Version of the studio that launched it. */
  studioVersion: z.string(),
  /** Of the dataset at the launch. Nothing is launched later if it has another one. */
  datasetDigest: z.string(),
  /** Samples of the dataset that its runs leave out; absent if none. */
  exclusions: usedExclusions.optional(),
  request: experimentRequest,
  /** When it was stopped; null again after a resume. Nothing is launched while it is stopped. */
  stoppedAt: z.string().nullable().default(null),
  /** When everything had finished; runs that are removed later are not trained again until it is resumed. */
  finishedAt: z.string().nullable().default(null),
})
export type ExperimentFile = z.infer<typeof experimentFile>

/** Phases in the order in which they depend on each other. Probes are tasks of the studio, all others are pipelines. */
export const experimentPhases = ['teachers', 'students', 'selection', 'final', 'probes'] as const
export const experimentPhase = z.enum(experimentPhases)
export type ExperimentPhase = z.infer<typeof experimentPhase>

export const phaseTitles: Readonly<Record<ExperimentPhase, string>> = {
  teachers: 'Teachers',
  students: 'Students',
  selection: 'Selection on validation',
  final: 'Fine-tuning and test',
  probes: 'Probes of frozen features',
}
