import { z } from 'zod'
import { clipConfiguration } from '../configuration/clip.ts'
import { formatVersions } from '../layout.ts'
import { isTrainingConfiguration, modelOfTask, stageConfiguration, stageSchema } from '../stages/index.ts'
import { slug } from './dataset.ts'
import { earlyStoppingState } from './early-stopping.ts'
import { metricName, metricValue } from './metric.ts'
import { modelDescription, type ModelDescription } from './model.ts'
import { runInputs } from './run.ts'

/** A file of a checkpoint with the size and hash by which it is verified. */
export const checkpointFile = z.object({ name: z.string(), sizeBytes: z.int(), sha256: z.string() })

/**
 * `checkpoints/step-<8 digits>/checkpoint.json`. The folder also has `model.safetensors` (published names) and
 * `optimizer.safetensors` (moments as `first.NAME` and `second.NAME`; `loss-scale` if gradients are in half precision). It is renamed
 * into place when complete.
 */
export const checkpointCard = z.object({
  version: z.literal(formatVersions.checkpointCard),
  runId: z.string(),
  step: z.int().nonnegative(),
  epoch: z.number(),
  createdAt: z.string(),
  task: stageConfiguration,
  clip: clipConfiguration,
  inputs: runInputs,
  classes: z.array(z.string()).nullable(),
  /** Training videos of each of the classes. Absent from early cards, and from those of models without classes. */
  trainingVideos: z.array(z.int()).optional(),
  /** Absent from early cards; see `modelOfCard`. */
  model: modelDescription.optional(),
  /** Licence notes of the imported models that this checkpoint descends from. */
  licenceNotes: z.array(z.string()).default([]),
  metrics: z.record(metricName, metricValue),
  /** What the validations up to this step mean for early stopping; absent if it is off, or before the first validation. */
  earlyStopping: earlyStoppingState.optional(),
  /** True if a stop ended the validation of this step: the next attempt does it first. */
  isValidationDue: z.boolean().optional(),
  files: z.array(checkpointFile),
})
export type CheckpointCard = z.infer<typeof checkpointCard>

/** The model of a checkpoint, also for early cards. */
export function modelOfCard({ model, task, clip, classes, runId, step }: CheckpointCard): ModelDescription {
  if (model !== undefined) return model
  if (!isTrainingConfiguration(task))
    throw new Error(`The checkpoint ${runId}@${step} belongs to a stage that makes no model.`)
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
  metrics: z.record(metricName, metricValue),
  inputs: runInputs,
  model: modelDescription,
  licenceNotes: z.array(z.string()),
  /** The checkpoint that a finished run stands for: its newest one, or with early stopping its best one. */
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

export const exportFormats = ['safetensors', 'pytorch', 'huggingface', 'onnx', 'tfjs'] as const
export const exportFormat = z.enum(exportFormats)
export type ExportFormat = z.infer<typeof exportFormat>

/** Name of each export format, and the extension of its file; null for a folder. */
export const exportFormatFacts: Readonly<
  Record<ExportFormat, { label: string; extension: string | null; help: string }>
> = {
  safetensors: { label: 'safetensors', extension: 'safetensors', help: 'All weights under their published names.' },
  pytorch: {
    label: 'PyTorch',
    extension: 'pth',
    help: 'All weights under their published names, as the published code loads them.',
  },
  huggingface: {
    label: 'Hugging Face',
    extension: null,
    help: 'A folder for from_pretrained: MAE, VideoMAE, and classifiers with the position table of VideoMAE.',
  },
  onnx: {
    label: 'ONNX',
    extension: 'onnx',
    help: 'The encoder or classifier, for any number of clips at once. Weights of over 2 GiB go into a second file.',
  },
  tfjs: {
    label: 'TensorFlow.js',
    extension: null,
    help: 'The encoder or classifier as a folder for tf.loadGraphModel, for any number of clips at once.',
  },
}

export const exportResult = z.object({
  path: z.string(),
  format: exportFormat,
  sizeBytes: z.int(),
  /** Of the file; null if there are several. */
  sha256: z.string().nullable(),
  /** Every written file, by its name relative to `path` if that is a folder, else to the folder of `path`. */
  files: z.array(checkpointFile),
  tensors: z.int(),
  /** The software that ran the file after it was read back. */
  reader: z.string(),
  /** Largest absolute difference between the outputs of the studio and of the file for one clip. */
  maxDifference: z.number(),
  /** The output with the largest difference, and its largest absolute value. */
  output: z.string(),
  largestOutput: z.number(),
})
export type ExportResult = z.infer<typeof exportResult>

/** `exports/<model id>/<time>.json`: the record of an export. */
export const exportRecord = exportResult.extend({
  version: z.literal(formatVersions.export),
  checkpoint: z.string(),
  exportedAt: z.string(),
})
export type ExportRecord = z.infer<typeof exportRecord>
