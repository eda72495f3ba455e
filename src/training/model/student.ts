import type * as tf from '../tensor/tf.ts'
import { splitDropPath } from './drop-path.ts'
import { truncatedNormal, xavierUniform } from './initializers.ts'
import {
  linearParameters,
  matrix,
  normParameters,
  type ParameterSpec,
  positionTable,
  prefixed,
  type Weights,
  within,
} from './parameters.ts'
import { type ClipGeometry, clipKernel, cubes, gatherPositions, gatherTokens, gridOf } from './patches.ts'
import { spaceTimePositions } from './positions.ts'
import { type ClipEncoder, decodeMasked, encodeCubes } from './video-autoencoder.ts'
import {
  blockParameters,
  classTokenParameter,
  decoderOf,
  type DecoderSizes,
  norm,
  patchParameters,
  project,
} from './vit.ts'

/**
 * The student of masked video distillation (Wang et al. 2023): one encoder and a decoder for each teacher. A class token passes
 * through both decoders as the first token.
 */
export interface StudentConfig extends ClipGeometry, ClipEncoder, DecoderSizes {
  /** Width of the image teacher's features; absent without an image teacher. */
  readonly imageTargetWidth?: number
  /** Width of the video teacher's features; absent without a video teacher. */
  readonly videoTargetWidth?: number
}

/** Predicted features [B, Nm, Dt] of each configured teacher. */
export interface StudentPredictions {
  readonly image?: tf.Tensor
  readonly video?: tf.Tensor
}

type Branch = 'img' | 'vid'

export function studentParameters(config: StudentConfig): ParameterSpec[] {
  const { width } = config
  return [
    ...(config.hasClassToken === true ? [classTokenParameter(width, truncatedNormal(0.02), false)] : []),
    positionTable('pos_embed', spaceTimePositions(width, gridOf(config)), width),
    ...patchParameters(width, clipKernel(config)),
    ...prefixed('blocks.', blockParameters(config, 'separate', xavierUniform)),
    ...normParameters('norm', width),
    ...branchParameters(config, 'img', config.imageTargetWidth),
    ...branchParameters(config, 'vid', config.videoTargetWidth),
  ]
}

/** Depths of the stacks whose rows a drop-path input holds: the encoder, then the image branch, then the video branch. */
export function studentDepths(config: StudentConfig): number[] {
  return [
    config.depth,
    ...[config.imageTargetWidth, config.videoTargetWidth]
      .filter((width) => width !== undefined)
      .map(() => config.decoderDepth),
  ]
}

/**
 * Predicts teacher features at masked tokens: video [B, 3, T, H, W], `visible` int32 [B, Nv], `masked` int32 [B, Nm],
 * `dropPath` [2 x sum of `studentDepths`, B] (absent: nothing is dropped).
 */
export function predictFeatures(
  config: StudentConfig,
  weights: Weights,
  {
    video,
    visible,
    masked,
    dropPath,
  }: { video: tf.Tensor; visible: tf.Tensor; masked: tf.Tensor; dropPath?: tf.Tensor },
): StudentPredictions {
  const [encoderRows, ...branchRows] = splitDropPath(dropPath, studentDepths(config))
  const positions = gatherPositions(weights('pos_embed'), visible)
  const tokens = encodeCubes(config, weights, gatherTokens(cubes(video, config), visible), positions, encoderRows)
  const encoded = norm(within(weights, 'norm.'), tokens, config.epsilon)
  const predict = (branch: Branch) => {
    const decoder = within(weights, `decoder_${branch}.`)
    const narrowed = project(within(weights, `down_${branch}.`), encoded)
    const decoded = decodeMasked(
      decoderOf(config),
      within(decoder, 'blocks.'),
      narrowed,
      weights(`mask_token_${branch}`),
      weights(`pos_embed_${branch}`),
      visible,
      masked,
      branchRows.shift(),
    )
    return project(within(decoder, 'head.'), norm(within(decoder, 'norm.'), decoded, config.epsilon))
  }
  return {
    ...(config.imageTargetWidth === undefined ? {} : { image: predict('img') }),
    ...(config.videoTargetWidth === undefined ? {} : { video: predict('vid') }),
  }
}

function branchParameters(config: StudentConfig, branch: Branch, targetWidth: number | undefined): ParameterSpec[] {
  if (targetWidth === undefined) return []
  const { width, decoderWidth } = config
  return [
    matrix(`mask_token_${branch}`, [1, 1, decoderWidth], truncatedNormal(0.02)),
    positionTable(`pos_embed_${branch}`, spaceTimePositions(decoderWidth, gridOf(config)), decoderWidth),
    ...linearParameters(`down_${branch}`, decoderWidth, width, xavierUniform(decoderWidth, width)),
    ...prefixed(`decoder_${branch}.blocks.`, blockParameters(decoderOf(config), 'separate', xavierUniform)),
    ...normParameters(`decoder_${branch}.norm`, decoderWidth),
    ...linearParameters(`decoder_${branch}.head`, targetWidth, decoderWidth, xavierUniform(targetWidth, decoderWidth)),
  ]
}
