import { linear } from '../engine/ops/index.ts'
import * as tf from '../tensor/tf.ts'
import { truncatedNormal, xavierUniform } from './initializers.ts'
import {
  linearParameters,
  matrix,
  normParameters,
  type ParameterSpec,
  prefixed,
  type Weights,
  within,
} from './parameters.ts'
import {
  type ClipGeometry,
  clipKernel,
  cubes,
  cubeSize,
  gatherPositions,
  gatherTokens,
  gridOf,
  tokenCount,
} from './patches.ts'
import { flatPositions, spaceTimePositions } from './positions.ts'
import {
  blockParameters,
  blocks,
  decoderOf,
  type DecoderSizes,
  embedPatches,
  norm,
  patchParameters,
  prepend,
  project,
  type Stack,
} from './vit.ts'

/** Masked autoencoder on clips (VideoMAE, Tong et al. 2022), the video teacher. */
export interface VideoAutoencoderConfig extends ClipGeometry, Stack, DecoderSizes {
  /** False for encoders without a norm after the last block, as in some checkpoints from other sources. */
  readonly hasEncoderNorm?: boolean | undefined
  /** Epsilon of the norm before the head: 1e-6 where absent. */
  readonly decoderNormEpsilon?: number | undefined
  /** The flat table, unless the encoder learned its own. */
  readonly positions?: ClipPositions | undefined
}

export type VideoEncoderConfig = ClipGeometry & Stack & { readonly positions?: ClipPositions | undefined }

/** An encoder of clips. MVD can give it a class token, which has no position (`--use_cls_token`; off in every published recipe). */
export interface ClipEncoder extends Stack {
  readonly hasClassToken?: boolean | undefined
}

/** The encoder without its final norm, under `encoder.`. */
export function videoEncoderParameters(config: VideoEncoderConfig): ParameterSpec[] {
  return prefixed('encoder.', [
    ...learnedTable(config),
    ...patchParameters(config.width, clipKernel(config)),
    ...prefixed('blocks.', blockParameters(config, 'separate', xavierUniform)),
  ])
}

export function videoAutoencoderParameters(config: VideoAutoencoderConfig): ParameterSpec[] {
  const { width, decoderWidth } = config
  const pixels = cubeSize(config)
  return [
    // VideoMAE excludes the mask token from weight decay; MAE and MVD do not.
    { ...matrix('mask_token', [1, 1, decoderWidth], truncatedNormal(0.02)), isDecayed: false },
    ...videoEncoderParameters(config),
    ...(config.hasEncoderNorm === false ? [] : normParameters('encoder.norm', width)),
    ...prefixed('decoder.blocks.', blockParameters(decoderOf(config), 'separate', xavierUniform)),
    ...normParameters('decoder.norm', decoderWidth),
    ...linearParameters('decoder.head', pixels, decoderWidth, xavierUniform(pixels, decoderWidth)),
    matrix('encoder_to_decoder.weight', [decoderWidth, width], xavierUniform(decoderWidth, width)),
  ]
}

/**
 * Encoder on given cubes with their positions, without the final norm: [B, K, cube], positions [.., K, D] -> [B, K, D],
 * with a class token in front -> [B, 1 + K, D].
 */
export function encodeCubes(
  config: ClipEncoder,
  weights: Weights,
  cubes: tf.Tensor,
  positions: tf.Tensor,
  dropPath?: tf.Tensor,
): tf.Tensor {
  const tokens = embedPatches(weights, cubes).add(positions)
  return blocks(
    config,
    'separate',
    within(weights, 'blocks.'),
    config.hasClassToken === true ? prepend(weights('cls_token'), tokens) : tokens,
    dropPath,
  )
}

/** The flat position table as a constant [N, width]. */
export const flatTable = (geometry: ClipGeometry, width: number): tf.Tensor2D =>
  tf.tensor2d(flatPositions(width, tokenCount(geometry)), [tokenCount(geometry), width])

/** The position table of an encoder of clips: MVD's 3-D one, the flat one of VideoMAE, or a learned one that is a parameter. */
export type ClipPositions = 'space-time' | 'flat' | 'learned'

/** The learned table of an encoder of clips: trained like a token, without weight decay. Empty if the table is computed. */
export function learnedTable(
  config: ClipGeometry & Stack & { readonly positions?: ClipPositions | undefined },
): ParameterSpec[] {
  if (config.positions !== 'learned') return []
  const shape = [1, tokenCount(config), config.width]
  return [{ ...matrix('pos_embed', shape, truncatedNormal(0.02)), isDecayed: false }]
}

/** The position table of the encoder with these weights [N, width]; a computed one is a constant. */
export function clipTable(
  config: ClipGeometry & Pick<Stack, 'width'>,
  positions: ClipPositions,
  weights: Weights,
): tf.Tensor2D {
  const { width } = config
  if (positions === 'flat') return flatTable(config, width)
  if (positions === 'learned') return weights('pos_embed').reshape([tokenCount(config), width]) as tf.Tensor2D
  return tf.tensor2d(spaceTimePositions(width, gridOf(config)), [tokenCount(config), width])
}

/** Predicts the pixels of masked cubes: video [B, 3, T, H, W], `visible` int32 [B, Nv], `masked` int32 [B, Nm] -> [B, Nm, cube]. */
export function reconstructVideo(
  config: VideoAutoencoderConfig,
  weights: Weights,
  video: tf.Tensor,
  visible: tf.Tensor,
  masked: tf.Tensor,
): tf.Tensor {
  const encoder = within(weights, 'encoder.')
  const positions = gatherPositions(clipTable(config, config.positions ?? 'flat', encoder), visible)
  const features = encodeCubes(config, encoder, gatherTokens(cubes(video, config), visible), positions)
  const encoded = config.hasEncoderNorm === false ? features : norm(within(encoder, 'norm.'), features, config.epsilon)

  const table = flatTable(config, config.decoderWidth)
  const tokens = linear(encoded, weights('encoder_to_decoder.weight'))
  const decoded = decodeMasked(
    decoderOf(config),
    within(weights, 'decoder.blocks.'),
    tokens,
    weights('mask_token'),
    table,
    visible,
    masked,
  )
  return project(
    within(weights, 'decoder.head.'),
    norm(within(weights, 'decoder.norm.'), decoded, config.decoderNormEpsilon),
  )
}

/**
 * Decoder blocks over [visible, masked]; returns the masked tokens: tokens [B, Nv, D], maskToken [1, 1, D],
 * table [N, D] -> [B, Nm, D]. Positions are added to the visible tokens again. `tokens` [B, 1 + Nv, D] start with a class
 * token, which gets no position.
 */
export function decodeMasked(
  stack: Stack,
  weights: Weights,
  tokens: tf.Tensor,
  maskToken: tf.Tensor,
  table: tf.Tensor,
  visible: tf.Tensor,
  masked: tf.Tensor,
  dropPath?: tf.Tensor,
): tf.Tensor {
  const [batch, encodedCount] = tokens.shape as [number, number]
  const visiblePositions = gatherPositions(table, visible)
  const positions =
    encodedCount === visible.shape[1]
      ? visiblePositions
      : tf.concat([tf.zeros([batch, 1, stack.width]), visiblePositions], 1)
  const maskTokens = maskToken.add(gatherPositions(table, masked))
  const sequence = tf.concat([tokens.add(positions), maskTokens], 1)
  return blocks(stack, 'separate', weights, sequence, dropPath).slice(
    [0, encodedCount, 0],
    [batch, masked.shape[1] ?? 0, stack.width],
  )
}
