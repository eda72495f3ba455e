import { z } from 'zod'
import '../meta.ts'

/** Fields of a vision transformer encoder. */
export const encoderFields = {
  width: z.int().min(16).max(4096).meta({ label: 'Width', section: 'Encoder', help: 'Channels of a token. The position tables need a multiple of 16.' }),
  depth: z.int().min(1).max(64).meta({ label: 'Depth', unit: 'blocks', section: 'Encoder', help: 'Transformer blocks.' }),
  heads: z.int().min(1).max(64).meta({ label: 'Heads', section: 'Encoder', help: 'Attention heads; must divide the width.' }),
}

/** Fields of a decoder. */
export const decoderFields = {
  decoderWidth: z.int().min(16).max(4096).meta({ label: 'Width', section: 'Decoder', help: 'Channels of a token in the decoder; a multiple of 16.' }),
  decoderDepth: z.int().min(1).max(32).meta({ label: 'Depth', unit: 'blocks', section: 'Decoder', help: 'Transformer blocks of each decoder.' }),
  decoderHeads: z.int().min(1).max(64).meta({ label: 'Heads', section: 'Decoder', help: 'Attention heads; must divide the decoder width.' }),
}

export const maskRatioField = z
  .number()
  .gt(0, 'The mask ratio must be above 0: with nothing masked there is nothing to predict.')
  .lt(1, 'The mask ratio must be below 1: with everything masked there is nothing to see.')
  .meta({ label: 'Mask ratio', section: 'Masking', help: 'Share of tokens hidden from the encoder.' })

export const dropPathField = z.number().min(0).lt(1).meta({ label: 'Drop path', section: 'Regularisation', help: 'Chance to skip the last block; earlier blocks grow linearly towards it.' })

/** Fields of AdamW and its schedule. Learning rates are per 256 samples (actual = base x batch / 256). */
export const optimizationFields = {
  epochs: z.int().min(1).max(100_000).meta({ label: 'Epochs', unit: 'epochs', section: 'Training', help: 'Passes over the training videos.' }),
  batchSize: z.int().min(1).max(65_536).meta({ label: 'Batch', unit: 'samples', section: 'Training', help: 'Samples in one optimizer step.' }),
  samplesPerVideo: z.int().min(1).max(64).meta({ label: 'Samples per video', section: 'Training', help: 'Samples drawn from each video in one epoch (repeated sampling).' }),
  learningRate: z.number().gt(0).max(10).meta({ label: 'Learning rate', unit: 'per 256 samples', section: 'Optimizer', help: 'Peak rate for a batch of 256; scaled by batch / 256.' }),
  minLearningRate: z.number().min(0).max(10).meta({ label: 'Final learning rate', unit: 'per 256 samples', section: 'Optimizer', help: 'Where the cosine ends; scaled like the peak.' }),
  warmupEpochs: z.number().min(0).max(100_000).meta({ label: 'Warm-up', unit: 'epochs', section: 'Optimizer', help: 'Epochs of linear rise from zero to the peak.' }),
  weightDecay: z.number().min(0).max(1).meta({ label: 'Weight decay', section: 'Optimizer', help: 'Applied to matrices; biases and norms are left out.' }),
  beta1: z.number().min(0).lt(1).meta({ label: 'Beta 1', section: 'Optimizer', help: 'Decay of the first moment.' }),
  beta2: z.number().min(0).lt(1).meta({ label: 'Beta 2', section: 'Optimizer', help: 'Decay of the second moment.' }),
  clipGradient: z.number().min(0).max(1000).meta({ label: 'Gradient clip', unit: 'norm', section: 'Optimizer', help: 'Largest gradient norm; 0 leaves gradients as they are.' }),
}
