import { z } from 'zod'
import { clipConfiguration } from '../configuration/clip.ts'
import { decoderFields, encoderFields, maskRatioField, optimizationFields } from '../configuration/fields.ts'
import { trainingStageNames } from '../stages/index.ts'
import { engineChoice, engineName, precision } from './engine.ts'
import '../configuration/meta.ts'

const { imageSize, frames, patchSize } = clipConfiguration.shape

/** One kind of training step, to be timed on random clips. Teachers have the sizes of the student. */
export const benchStepRequest = z.strictObject({
  stage: z.enum(trainingStageNames).meta({ label: 'Stage', help: 'The stage whose step is timed.' }),
  width: encoderFields.width.default(192),
  depth: encoderFields.depth.default(12),
  heads: encoderFields.heads
    .default(3)
    .meta({ label: 'Heads', help: 'Attention heads of encoder and decoder; must divide the width.' }),
  decoderWidth: decoderFields.decoderWidth
    .optional()
    .meta({ label: 'Decoder width', help: 'Channels of a token in the decoder; default: those of the encoder.' }),
  decoderDepth: decoderFields.decoderDepth.default(2),
  imageSize: imageSize.default(112),
  frames: frames.default(16),
  patch: patchSize.default(16),
  mask: maskRatioField.default(0.9),
  batch: optimizationFields.batchSize.default(4).meta({ label: 'Batch', unit: 'samples', help: 'Samples of a step.' }),
  recompute: z
    .boolean()
    .default(false)
    .meta({ label: 'Recompute', help: 'Recompute blocks in the backward pass, which needs less memory.' }),
  targetCache: z.boolean().default(false).meta({
    label: 'Target cache',
    help: 'Time steps that read the teacher features of their clips (distill.targetCache) instead of computing them.',
  }),
  steps: z
    .int()
    .min(1)
    .max(10_000)
    .default(5)
    .meta({ label: 'Steps', unit: 'steps', help: 'Steps to time, after one to warm up.' }),
  engine: engineChoice.default('auto').meta({
    label: 'Engine',
    help: 'How tensor code is executed; auto takes the fastest engine found on this machine.',
  }),
  workers: z.int().min(0).max(64).default(0).meta({
    label: 'Workers',
    help: 'Shards of the batch that onnx-cpu computes in parallel. 0 chooses the number as a launch does.',
  }),
  cards: z.int().min(1).max(16).default(1).meta({
    label: 'Graphics cards',
    help: 'NVIDIA cards that each compute a shard of the batch, with onnx-cuda.',
  }),
  precision: precision.default('float32').meta({
    label: 'Precision',
    help: 'Data type of matrix products. On the processor half precision is imitated for tests, which is slower.',
  }),
  tf32: z.boolean().default(false).meta({ label: 'TF32', help: 'Compute float32 products of onnx-cuda in TF32.' }),
})
export type BenchStepRequest = z.infer<typeof benchStepRequest>

/** Options that reduce memory, each with its current value. The text is made to follow a colon. */
export function optionsToSaveMemory({ recompute, batch, imageSize, frames, width }: BenchStepRequest): string {
  return `${recompute ? '' : 'add --recompute; or '}lower --batch (${batch}), --image-size (${imageSize}), --frames (${frames}) or --width (${width}).`
}

/** Time and memory of steps. A step consists of clips and masks, teachers, student, losses, gradients and update. */
export const benchStepResult = z.object({
  stage: z.enum(trainingStageNames),
  engine: engineName,
  /** The engine in words, with version and device. */
  device: z.string(),
  precision,
  steps: z.int(),
  medianSeconds: z.number(),
  minSeconds: z.number(),
  /** Time to record the programs and to load them. */
  setUpSeconds: z.number(),
  /** Peak memory of the process, including weights and libraries. */
  peakMib: z.number(),
  /** Trainable parameters. */
  params: z.int(),
  /** Additions and multiplications in the matrix products of a step: forward, backward, and teachers. */
  flops: z.number(),
  /** 10⁹ flops per second, for the median step. */
  gflops: z.number(),
})
export type BenchStepResult = z.infer<typeof benchStepResult>
