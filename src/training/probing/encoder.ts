import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import type { SavedModel } from '../checkpoint/open-model.ts'
import { clipSpec } from '../data/batch-tensors.ts'
import type { InferenceProgram } from '../engine/program/engine.ts'
import { clipOf, type FrozenEncoder, layouts, publishedClip } from '../model/layouts.ts'
import { weightsOf } from '../model/parameters.ts'
import { gridOf, tokenCount } from '../model/patches.ts'

/**
 * The clip geometry for probing a model: that of its training, or the published one if the sizes of an imported model are unknown. An
 * image encoder sees the first frame of each tubelet of its pipeline's clip, at its own crop.
 */
export function probedClip({ model, source }: Pick<SavedModel, 'model' | 'source'>): ClipConfiguration {
  const clip = source.kind === 'checkpoint' ? source.card.clip : publishedClip
  const { frames, imageSize } = clipOf(model, clip)
  const { patchSize } = model.sizes
  return layouts[model.layout].input === 'image'
    ? { ...clip, patchSize, imageSize }
    : { ...clip, patchSize, imageSize, frames, tubeletSize: model.sizes.tubeletSize }
}

/** Tokens that fit into one batch, so that the memory for attention stays small. */
const tokensPerBatch = 8192
const largestBatch = 16

export const probeBatchSize = ({ geometry }: Pick<FrozenEncoder, 'geometry'>): number =>
  Math.max(1, Math.min(largestBatch, Math.floor(tokensPerBatch / tokenCount(geometry))))

/**
 * The frozen encoder on whole clips: video [B, 3, T, S, S] -> `features` [B, T', D], the mean over the tokens of each tubelet after
 * the last block, before any final norm, without class tokens. With `keepsTokens` also `tokens` [B, N, D], of which these are the means.
 */
export function frameFeaturesProgram(encoder: FrozenEncoder, batchSize: number, keepsTokens = false): InferenceProgram {
  const { geometry, width } = encoder
  const [time, rows, columns] = gridOf(geometry)
  return {
    name: 'probed-features',
    inputs: { video: clipSpec(batchSize, geometry) },
    run: (parameters, inputs) => {
      const tokens = encoder.features(weightsOf(parameters), weightsOf(inputs)('video'))
      const features = tokens
        .reshape([batchSize * time, rows * columns, width])
        .mean(1)
        .reshape([batchSize, time, width])
      return keepsTokens
        ? { features, tokens: tokens.reshape([batchSize, time * rows * columns, width]) }
        : { features }
    },
  }
}
