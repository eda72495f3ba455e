import { z } from 'zod'
import './meta.ts'

/** Fields of a vision transformer encoder. */
export const encoderFields = {
  width: z.int().min(16).max(4096).meta({
    label: 'Width',
    group: 'Encoder',
    help: 'Channels per token. Must be a multiple of 16.',
  }),
  depth: z.int().min(1).max(64).meta({ label: 'Depth', unit: 'blocks', group: 'Encoder', help: 'Transformer blocks.' }),
  heads: z
    .int()
    .min(1)
    .max(64)
    .meta({ label: 'Attention heads', group: 'Encoder', help: 'Heads per block. Must divide the width.' }),
}

/** Fields of a decoder. */
export const decoderFields = {
  decoderWidth: z
    .int()
    .min(16)
    .max(4096)
    .meta({ label: 'Width', group: 'Decoder', help: 'Channels per token. Must be a multiple of 16.' }),
  decoderDepth: z
    .int()
    .min(1)
    .max(32)
    .meta({ label: 'Depth', unit: 'blocks', group: 'Decoder', help: 'Transformer blocks per decoder.' }),
  decoderHeads: z
    .int()
    .min(1)
    .max(64)
    .meta({ label: 'Attention heads', group: 'Decoder', help: 'Heads per block. Must divide the decoder width.' }),
}

export const maskRatioField = z
  .number()
  .gt(0, 'The mask ratio must be above 0, or there is nothing to predict.')
  .lt(1, 'The mask ratio must be below 1, or nothing is visible.')
  .meta({ label: 'Mask ratio', group: 'Masking', help: 'Share of tokens hidden from the encoder.' })

export const decoderMaskRatioField = z.number().min(0).lt(1).default(0).meta({
  label: 'Decoder mask ratio',
  group: 'Masking',
  help: 'Share of hidden tokens that the decoder skips, by running cell masking in cells of 2 x 2 (VideoMAE V2, Wang et al. 2023: 0.5). 0 predicts every hidden token, as in MVD.',
})

export const dropPathField = z.number().min(0).lt(1).meta({
  label: 'Drop path',
  group: 'Regularisation',
  help: 'Probability of skipping the last block of each encoder and decoder. It rises linearly from 0 at the first block (drop_path; stochastic depth, Huang et al. 2016).',
})

/** Fields of AdamW and its schedule. Rates are per 256 samples: rate = base x batch size x accumulation steps / 256. */
export const optimizationFields = {
  epochs: z
    .int()
    .min(1)
    .max(100_000)
    .meta({ label: 'Epochs', unit: 'epochs', group: 'Training', help: 'Passes over the training videos.' }),
  batchSize: z.int().min(1).max(65_536).meta({
    label: 'Batch size',
    unit: 'samples',
    group: 'Training',
    help: 'Samples computed at once. A step sees batch size x gradient accumulation samples.',
  }),
  accumulationSteps: z.int().min(1).max(65_536).default(1).meta({
    label: 'Gradient accumulation',
    unit: 'batches',
    group: 'Training',
    help: 'Micro-batches whose gradients are averaged before an update. The update equals that of one large batch (update_freq, accum_iter).',
  }),
  recomputeBlocks: z.boolean().default(false).meta({
    label: 'Activation checkpointing',
    group: 'Training',
    help: 'Recomputes the activations of each block in the backward pass. Uses less memory and about a third more time; results are identical (use_checkpoint).',
  }),
  samplesPerVideo: z.int().min(1).max(64).meta({
    label: 'Samples per video',
    group: 'Training',
    help: 'Samples drawn from each video per epoch (num_sample; repeated augmentation, Hoffer et al. 2020).',
  }),
  learningRate: z.number().gt(0).max(10).meta({
    label: 'Learning rate',
    unit: 'per 256 samples',
    group: 'Optimizer',
    help: 'Peak learning rate for 256 samples per step; scaled by batch size x gradient accumulation / 256. Fine-tuning counts each video once, however many samples are drawn from it.',
  }),
  minLearningRate: z.number().min(0).max(10).meta({
    label: 'Final learning rate',
    unit: 'per 256 samples',
    group: 'Optimizer',
    help: 'Learning rate at the end of the cosine schedule; scaled like the peak.',
  }),
  warmupEpochs: z.number().min(0).max(100_000).meta({
    label: 'Warm-up',
    unit: 'epochs',
    group: 'Optimizer',
    help: 'Epochs in which the learning rate rises linearly from 0 to its peak.',
  }),
  weightDecay: z.number().min(0).max(1).meta({
    label: 'Weight decay',
    group: 'Optimizer',
    help: 'Applied to matrices and mask tokens, not to biases, norms and position tables.',
  }),
  beta1: z.number().min(0).lt(1).meta({
    label: 'Beta 1',
    group: 'Optimizer',
    help: 'Decay rate of the first moment (AdamW).',
  }),
  beta2: z.number().min(0).lt(1).meta({
    label: 'Beta 2',
    group: 'Optimizer',
    help: 'Decay rate of the second moment (AdamW).',
  }),
  clipGradient: z.number().min(0).max(1000).meta({
    label: 'Gradient clipping',
    unit: 'norm',
    group: 'Optimizer',
    help: 'Maximum gradient norm. 0 turns clipping off.',
  }),
}

/** Fields of early stopping, for a stage that validates its model. */
export const earlyStoppingFields = {
  patience: z.int().min(0).max(100_000).default(0).meta({
    label: 'Patience',
    unit: 'validations',
    group: 'Early stopping',
    help: 'Ends the stage after this many validations in a row without improvement. Every checkpoint is validated. The stage then stands for its best checkpoint, also if it reaches its last epoch. 0 turns early stopping off.',
  }),
  minImprovement: z.number().min(0).max(1000).default(0).meta({
    label: 'Minimum improvement',
    group: 'Early stopping',
    help: 'An improvement counts if it is larger than this, in the unit of the monitored metric: percentage points of top-1 (min_delta).',
  }),
  monitor: z.enum(['validation/top1', 'validation/loss']).default('validation/top1').meta({
    label: 'Monitored metric',
    group: 'Early stopping',
    help: 'Metric of the validation split that has to improve: top-1 upwards, the loss downwards.',
  }),
}
