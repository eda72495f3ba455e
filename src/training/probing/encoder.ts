import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import type { SavedModel } from '../checkpoint/saved-model.ts'
import type { InferenceProgram } from '../engine/program/engine.ts'
import { weightsOf } from '../model/parameters.ts'
import { gridOf, tokenCount } from '../model/patches.ts'
import { clipTeacherFeatures, imageTeacherFeatures } from '../model/teachers.ts'
import type { TeacherModel } from '../stages/teacher-model.ts'
import { clipSpec } from '../stages/tensors.ts'

/** What the published models see, where a model from elsewhere does not tell (method: common geometry). */
const published: ClipConfiguration = { frames: 16, frameStride: 4, imageSize: 224, patchSize: 16, tubeletSize: 2 }
const publishedPatches = published.imageSize / published.patchSize

/**
 * The clips on which a model is measured: those it was trained on. An image encoder sees the first frame of each tubelet of the clip
 * of its pipeline, at its own crop.
 */
export function probedClip({
  model: { layout, sizes },
  origin,
}: Pick<SavedModel, 'model' | 'origin'>): ClipConfiguration {
  const clip = origin.kind === 'run' ? origin.card.clip : published
  const { patchSize, tokens } = sizes
  if (layout === 'mae') {
    const side = tokens === null ? publishedPatches : Math.sqrt(tokens)
    return { ...clip, patchSize, imageSize: sizes.imageSize ?? side * patchSize }
  }
  return {
    ...clip,
    patchSize,
    tubeletSize: sizes.tubeletSize,
    frames: sizes.frames ?? clip.frames,
    imageSize: sizes.imageSize ?? publishedPatches * patchSize,
  }
}

/** Tokens that fit into one batch, so that the memory for attention stays small. */
const tokensPerBatch = 8192
const largestBatch = 16

export const probeBatchSize = ({ config }: TeacherModel): number =>
  Math.max(1, Math.min(largestBatch, Math.floor(tokensPerBatch / tokenCount(config))))

/**
 * The frozen encoder on whole clips: video [B, 3, T, S, S] -> `features` [B, T', D], the mean over the tokens of each tubelet after
 * the last block, before any final norm, class tokens left out.
 */
export function frameFeaturesProgram(encoder: TeacherModel, batchSize: number): InferenceProgram {
  const { config } = encoder
  const [time, rows, columns] = gridOf(config)
  return {
    name: 'probed-features',
    inputs: { video: clipSpec(batchSize, config) },
    run(parameters, inputs) {
      const [weights, video] = [weightsOf(parameters), weightsOf(inputs)('video')]
      const tokens =
        encoder.kind === 'image'
          ? imageTeacherFeatures(encoder.config, weights, video)
          : clipTeacherFeatures(encoder.config, weights, video)
      return {
        features: tokens
          .reshape([batchSize * time, rows * columns, config.width])
          .mean(1)
          .reshape([batchSize, time, config.width]),
      }
    },
  }
}
