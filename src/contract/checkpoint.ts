import { z } from 'zod'
import { clipConfiguration } from './configuration/clip.ts'
import { slug } from './dataset.ts'
import { metricName, metricValue } from './metric.ts'
import { modelDescription, type ModelDescription, modelOfTask } from './model.ts'
import { runInputs, stageConfiguration } from './run.ts'
import { stageSchema } from './stage.ts'

/** A file of a checkpoint with what proves that it is whole. */
export const checkpointFile = z.object({ name: z.string(), sizeBytes: z.int(), sha256: z.string() })

/**
 * `checkpoints/step-<8 digits>/checkpoint.json`. Beside it `model.safetensors` (published names) and
 * `optimizer.safetensors` (moments as `first.NAME`, `second.NAME`). The folder appears by one rename, whole or not at all.
 */
export const checkpointCard = z.object({
  version: z.literal(1),
  runId: z.string(),
  step: z.int().nonnegative(),
  epoch: z.number(),
  createdAt: z.string(),
  task: stageConfiguration,
  clip: clipConfiguration,
  inputs: runInputs,
  classes: z.array(z.string()).nullable(),
  /** What the model is; where an early card does not say, `modelOfTask` does. */
  model: modelDescription.optional(),
  /** Notes on the licences of imported weights that this checkpoint descends from. */
  licenceNotes: z.array(z.string()).default([]),
  metrics: z.partialRecord(metricName, metricValue),
  files: z.array(checkpointFile),
})
export type CheckpointCard = z.infer<typeof checkpointCard>

/** What a checkpoint's model is, of early cards as well. */
export function modelOfCard({ model, task, clip, classes, runId, step }: CheckpointCard): ModelDescription {
  if (model !== undefined) return model
  if (task.stage === 'evaluate') throw new Error(`The checkpoint ${runId}@${step} belongs to a test, which makes none.`)
  return modelOfTask(task, clip, classes?.length ?? null)
}

/** A checkpoint as listed. Its id is `<run id>@<step>`. */
export const checkpoint = z.object({
  id: z.string(),
  runId: z.string(),
  pipelineId: slug,
  stage: stageSchema,
  dataset: slug,
  step: z.int(),
  epoch: z.number(),
  createdAt: z.string(),
  sizeBytes: z.int(),
  metrics: z.partialRecord(metricName, metricValue),
  inputs: runInputs,
  model: modelDescription,
  licenceNotes: z.array(z.string()),
  /** The newest checkpoint of a finished run. */
  isFinal: z.boolean(),
})
export type Checkpoint = z.infer<typeof checkpoint>

/** One tensor of a checkpoint. Statistics are null for an empty tensor. */
export const tensorFacts = z.object({
  name: z.string(),
  dtype: z.string(),
  shape: z.array(z.int()),
  sizeBytes: z.int(),
  mean: z.number().nullable(),
  standardDeviation: z.number().nullable(),
  min: z.number().nullable(),
  max: z.number().nullable(),
  /** Values that are NaN or infinite. */
  nonFinite: z.int(),
})
export type TensorFacts = z.infer<typeof tensorFacts>

export const exportFormats = ['safetensors'] as const
export const exportFormat = z.enum(exportFormats)
export const exportResult = z.object({
  path: z.string(),
  format: exportFormat,
  sizeBytes: z.int(),
  sha256: z.string(),
  tensors: z.int(),
  /** Largest absolute difference after reading the file back. */
  maxDifference: z.number(),
})
export type ExportResult = z.infer<typeof exportResult>
