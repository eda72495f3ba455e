import { z } from 'zod'
import './meta.ts'

/** Fields of a vision transformer encoder. */
export const encoderFields = {
  width: z.int().min(16).max(4096).meta({
    label: 'Width',
    section: 'Encoder',
    help: 'Channels of a token. The position tables need a multiple of 16.',
  }),
  depth: z
    .int()
    .min(1)
    .max(64)
    .meta({ label: 'Depth', unit: 'blocks', section: 'Encoder', help: 'Transformer blocks.' }),
  heads: z
    .int()
    .min(1)
    .max(64)
    .meta({ label: 'Heads', section: 'Encoder', help: 'Attention heads; must divide the width.' }),
}

/** Fields of a decoder. */
export const decoderFields = {
  decoderWidth: z
    .int()
    .min(16)
    .max(4096)
    .meta({ label: 'Width', section: 'Decoder', help: 'Channels of a token in the decoder; a multiple of 16.' }),
  decoderDepth: z
    .int()
    .min(1)
    .max(32)
    .meta({ label: 'Depth', unit: 'blocks', section: 'Decoder', help: 'Transformer blocks of each decoder.' }),
  decoderHeads: z
    .int()
    .min(1)
    .max(64)
    .meta({ label: 'Heads', section: 'Decoder', help: 'Attention heads; must divide the decoder width.' }),
}

export const maskRatioField = z
  .number()
  .gt(0, 'The mask ratio must be above 0: with nothing masked there is nothing to predict.')
  .lt(1, 'The mask ratio must be below 1: with everything masked there is nothing to see.')
  .meta({ label: 'Mask ratio', section: 'Masking', help: 'Share of tokens hidden from the encoder.' })

export const decoderMaskRatioField = z.number().min(0).lt(1).default(0).meta({
  label: 'Decoder masking',
  section: 'Masking',
  help: 'Share of the hidden tokens that the decoder leaves out too, in running cells of 2 x 2 (VideoMAE V2, Wang et al. 2023: 0.5). 0 predicts every hidden token, as published.',
})

export const dropPathField = z.number().min(0).lt(1).meta({
  label: 'Drop path',
  section: 'Regularisation',
  help: 'Chance to skip the last block of each stack, decoders included; the chance rises evenly from 0 at the first block (drop_path; Huang et al. 2016).',
})

/** Fields of AdamW and its schedule. Learning rates are per 256 samples (actual = base x batch x accumulation / 256). */
export const optimizationFields = {
  epochs: z
    .int()
    .min(1)
    .max(100_000)
    .meta({ label: 'Epochs', unit: 'epochs', section: 'Training', help: 'Passes over the training videos.' }),
  batchSize: z.int().min(1).max(65_536).meta({
    label: 'Batch',
    unit: 'samples',
    section: 'Training',
    help: 'Samples computed at once. An optimizer step sees batch x accumulation of them.',
  }),
  accumulationSteps: z.int().min(1).max(65_536).default(1).meta({
    label: 'Accumulation',
    unit: 'batches',
    section: 'Training',
    help: 'Batches whose gradients are averaged before each optimizer step, which is then that of one batch as large as all of them (update_freq, accum_iter).',
  }),
  recomputeBlocks: z.boolean().default(false).meta({
    label: 'Recompute blocks',
    section: 'Training',
    help: 'Keeps of each transformer block only what went into it and computes the rest anew for the gradients: less memory for about a third more time, and the same numbers (use_checkpoint).',
  }),
  samplesPerVideo: z.int().min(1).max(64).meta({
    label: 'Samples per video',
    section: 'Training',
    help: 'Samples drawn from each video in one epoch (num_sample; repeated augmentation, Hoffer et al. 2020).',
  }),
  learningRate: z.number().gt(0).max(10).meta({
    label: 'Learning rate',
    unit: 'per 256 samples',
    section: 'Optimizer',
    help: 'Peak rate for 256 samples in an optimizer step; scaled by batch x accumulation / 256. Fine-tuning counts a video once, however many samples are drawn from it.',
  }),
  minLearningRate: z.number().min(0).max(10).meta({
    label: 'Final learning rate',
    unit: 'per 256 samples',
    section: 'Optimizer',
    help: 'Where the cosine ends; scaled like the peak.',
  }),
  warmupEpochs: z.number().min(0).max(100_000).meta({
    label: 'Warm-up',
    unit: 'epochs',
    section: 'Optimizer',
    help: 'Epochs of linear rise from zero to the peak.',
  }),
  weightDecay: z.number().min(0).max(1).meta({
    label: 'Weight decay',
    section: 'Optimizer',
    help: 'Applied to matrices and mask tokens; biases, norms and position tables are left out.',
  }),
  beta1: z.number().min(0).lt(1).meta({ label: 'Beta 1', section: 'Optimizer', help: 'Decay of the first moment.' }),
  beta2: z.number().min(0).lt(1).meta({ label: 'Beta 2', section: 'Optimizer', help: 'Decay of the second moment.' }),
  clipGradient: z.number().min(0).max(1000).meta({
    label: 'Gradient clip',
    unit: 'norm',
    section: 'Optimizer',
    help: 'Largest gradient norm; 0 leaves gradients as they are.',
  }),
}
