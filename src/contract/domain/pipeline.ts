import { z } from 'zod'
import { pipelineConfiguration } from '../configuration/pipeline.ts'
import { type Stage, stageSchema } from '../stages/index.ts'
import { slug, usedExclusions } from './dataset.ts'
import { continuation } from './model-ref.ts'
import { organization } from './organization.ts'
import { runImportSource } from './run-import.ts'

/** A complete configuration shipped with the studio, as data under `resources/presets`. */
export const preset = z.strictObject({
  name: slug,
  title: z.string(),
  description: z.string(),
  /** Sources of the values of a published recipe, by field: `distill.epochs`, and `stages`. */
  sources: z.record(z.string(), z.string()).default({}),
  configuration: pipelineConfiguration,
})
export type Preset = z.infer<typeof preset>

/** Values of hyperparameters by field: `distill.maskRatio`. */
export const overrides = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]))
export type Overrides = z.infer<typeof overrides>

/** Id of the run of a stage of a pipeline. */
export const runId = (pipelineId: string, stage: Stage): string => `${pipelineId}.${stage}`

const seedField = 'general.seed'

/**
 * What distinguishes a pipeline from others but for its seed: `distill.maskRatio = 0.9, finetune.flip = true`, `seed only` if nothing
 * else does, null without overrides.
 */
export function variantOf(values: Overrides | undefined): string | null {
  const entries = Object.entries(values ?? {})
  if (entries.length === 0) return null
  const parts = entries.filter(([field]) => field !== seedField).map(([field, value]) => `${field} = ${value}`)
  return parts.join(', ') || 'seed only'
}

/** What to launch. `labels` names a label set of the dataset; needed if a stage uses classes. */
export const pipelineRequest = z.object({
  name: slug.optional(),
  dataset: slug,
  preset: slug,
  labels: slug.optional(),
  configuration: pipelineConfiguration,
  /** Name of the sweep, or id of the experiment, that launches it. */
  group: slug.optional(),
  /** Id of the experiment that launches it. */
  experiment: slug.optional(),
  /** Run from whose pipeline the configuration was taken. */
  fromRun: z.string().optional(),
  /** Hyperparameters that differ from the base of the sweep, or from the pipeline of `fromRun`. */
  overrides: overrides.optional(),
  /** Where its first stage continues. */
  continues: continuation.optional(),
})
export type PipelineRequest = z.infer<typeof pipelineRequest>

/** How a diverged pipeline is launched again: what was launched `before`, and what is proposed now. */
export const recovery = z.object({
  before: pipelineRequest,
  request: pipelineRequest,
  /** What differs besides, and why newer checkpoints are not taken. */
  notes: z.array(z.string()),
})
export type Recovery = z.infer<typeof recovery>

/** A pipeline that the studio launched. Its configuration never changes after the launch. */
const launchedPipelineFile = pipelineRequest.extend({
  id: slug,
  labels: slug.nullable(),
  createdAt: z.string(),
  datasetDigest: z.string(),
  /** Samples of the dataset that its runs leave out; absent if none. */
  exclusions: usedExclusions.optional(),
  /** Version of the studio that launched it; absent in early pipelines. */
  studioVersion: z.string().optional(),
  runIds: z.array(z.string()),
})
export type LaunchedPipelineFile = z.infer<typeof launchedPipelineFile>

/** A launched pipeline, or an imported run, which is alone in its pipeline. Stored as `pipelines/<id>.json`. */
export const pipelineFile = launchedPipelineFile.extend({
  /** Null for an imported run: its files do not say what the studio would have to compute. */
  configuration: pipelineConfiguration.nullable(),
  /** Where the run comes from if it was imported. */
  imported: runImportSource.optional(),
})
export type PipelineFile = z.infer<typeof pipelineFile>

/** A pipeline as listed. */
export const pipeline = pipelineFile.extend({ organization })
export type Pipeline = z.infer<typeof pipeline>

/** A pipeline as listed that the studio launched. */
export const launchedPipeline = launchedPipelineFile.extend({ organization })
export type LaunchedPipeline = z.infer<typeof launchedPipeline>

/** Time and memory of one stage, measured on three real steps on this machine. */
export const stageCost = z.object({
  stage: stageSchema,
  /** Trainable parameters; for the test, parameters of the classifier. */
  parameters: z.int(),
  steps: z.int(),
  secondsPerStep: z.number(),
  durationMs: z.number(),
  /** Peak resident memory of the measuring process. */
  memoryBytes: z.int(),
  engine: z.string(),
})
export type StageCost = z.infer<typeof stageCost>
