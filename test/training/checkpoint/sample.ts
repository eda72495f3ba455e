import { stageSections } from '#contract/stages/index.ts'
import type { CheckpointDescription } from '#training/checkpoint/checkpoints.ts'
import type { TrainingState } from '#training/engine/program/engine.ts'
import type { HostTensor } from '#training/tensor/host-tensor.ts'

const tensor = (...values: number[]): HostTensor => ({
  shape: [values.length],
  dtype: 'float32',
  data: Float32Array.from(values),
})

/** A small state that depends on `seed`. */
export const state = (seed: number): TrainingState => ({
  parameters: { 'head.weight': tensor(seed, 0.5), pos_embed: tensor(1, 2) },
  firstMoments: { 'head.weight': tensor(-seed, 0.25) },
  secondMoments: { 'head.weight': tensor(seed * seed, 0.125) },
})

export const description = (step: number): CheckpointDescription => ({
  runId: 'falls-1-finetune',
  step,
  epoch: step / 4,
  createdAt: '2026-11-23T09:00:00.000Z',
  task: {
    stage: 'finetune',
    configuration: stageSections.finetune.parse({
      initialization: 'student',
      width: 48,
      depth: 2,
      heads: 3,
      dropPath: 0.1,
      labelSmoothing: 0.1,
      mixup: 0,
      cutmix: 0,
      cropAreaMin: 0.5,
      flip: true,
      layerDecay: 0.75,
      headInitScale: 0.001,
      epochs: 2,
      batchSize: 8,
      samplesPerVideo: 1,
      learningRate: 1e-3,
      minLearningRate: 1e-6,
      warmupEpochs: 1,
      weightDecay: 0.05,
      beta1: 0.9,
      beta2: 0.999,
      clipGradient: 0,
    }),
  },
  clip: { frames: 8, frameStride: 4, imageSize: 32, patchSize: 8, tubeletSize: 2 },
  inputs: { model: 'falls-1-distill' },
  classes: ['bed', 'fall'],
  licenceNotes: [],
  metrics: { 'train/loss': 0.5, 'validation/top1': 75 },
})
