import * as tf from '../engine/tf.ts'
import { normal, xavierUniform } from './initializers.ts'
import { linearParameters, matrix, normParameters, type ParameterSpec, positionTable, prefixed, type Weights, within } from './parameters.ts'
import { cubes, cubeSize, gatherPositions, gatherTokens, imageGeometry } from './patches.ts'
import { imagePositions } from './positions.ts'
import { blockParameters, blocks, embedPatches, norm, patchParameters, project, type Stack } from './vit.ts'

/** Masked autoencoder on images (He et al. 2022), the image teacher. */
export interface ImageAutoencoderConfig extends Stack {
  readonly imageSize: number
  readonly patchSize: number
  readonly decoderWidth: number
  readonly decoderDepth: number
  readonly decoderHeads: number
}

export type ImageEncoderConfig = Pick<ImageAutoencoderConfig, 'imageSize' | 'patchSize' | 'width' | 'depth' | 'heads'>

/** The encoder without its final norm, which is all that the image teacher is asked for. */
export function imageEncoderParameters(config: ImageEncoderConfig): ParameterSpec[] {
  const { imageSize, patchSize, width } = config
  return [
    matrix('cls_token', [1, 1, width], normal(0.02)),
    positionTable('pos_embed', imagePositions(width, imageSize / patchSize), width),
    ...patchParameters(width, [patchSize, patchSize], xavierUniform),
    ...prefixed('blocks.', blockParameters(config, 'joint', xavierUniform)),
  ]
}

export function imageAutoencoderParameters(config: ImageAutoencoderConfig): ParameterSpec[] {
  const { imageSize, patchSize, width, decoderWidth } = config
  const pixels = cubeSize(imageGeometry(imageSize, patchSize))
  return [
    ...imageEncoderParameters(config),
    ...normParameters('norm', width),
    ...linearParameters('decoder_embed', decoderWidth, width, xavierUniform(decoderWidth, width)),
    matrix('mask_token', [1, 1, decoderWidth], normal(0.02)),
    positionTable('decoder_pos_embed', imagePositions(decoderWidth, imageSize / patchSize), decoderWidth),
    ...prefixed('decoder_blocks.', blockParameters(decoderOf(config), 'joint', xavierUniform)),
    ...normParameters('decoder_norm', decoderWidth),
    ...linearParameters('decoder_pred', pixels, decoderWidth, xavierUniform(pixels, decoderWidth)),
  ]
}

/**
 * Encoder without its final norm: patches [B, K, cube] -> [B, 1 + K, D], class token first. `indices` int32 [B, K] tell
 * which patches of the image these are; absent, they are all of them. Patches are picked before they are embedded,
 * which gives what embedding all of them would.
 */
export function encodePatches(config: ImageEncoderConfig, weights: Weights, patches: tf.Tensor, indices?: tf.Tensor): tf.Tensor {
  const [classPosition, positions] = splitTable(weights('pos_embed'))
  const classToken = repeat(weights('cls_token').add(classPosition), patches.shape[0] ?? 0)
  const tokens = embedPatches(weights, patches).add(indices === undefined ? positions : gatherPositions(positions, indices))
  return blocks(config, 'joint', within(weights, 'blocks.'), tf.concat([classToken, tokens], 1))
}

/**
 * Predicts the pixels of masked patches: image [B, 3, H, W], `visible` int32 [B, Nv], `masked` int32 [B, Nm] -> [B, Nm, 3·p·p].
 * The decoder sees [class token, visible, masked] instead of the raster order; attention does not depend on the order.
 */
export function reconstructImage(config: ImageAutoencoderConfig, weights: Weights, image: tf.Tensor, visible: tf.Tensor, masked: tf.Tensor): tf.Tensor {
  const patches = cubes(image, imageGeometry(config.imageSize, config.patchSize))
  const encoded = norm(within(weights, 'norm.'), encodePatches(config, weights, gatherTokens(patches, visible), visible))

  const [classPosition, positions] = splitTable(weights('decoder_pos_embed'))
  const batch = encoded.shape[0] ?? 0
  const visiblePositions = tf.concat([repeat(classPosition, batch), gatherPositions(positions, visible)], 1)
  const maskTokens = weights('mask_token').add(gatherPositions(positions, masked))
  const sequence = tf.concat([project(within(weights, 'decoder_embed.'), encoded).add(visiblePositions), maskTokens], 1)
  const decoded = blocks(decoderOf(config), 'joint', within(weights, 'decoder_blocks.'), sequence)
  const predicted = decoded.slice([0, visiblePositions.shape[1], 0], [batch, maskTokens.shape[1] ?? 0, config.decoderWidth])
  return project(within(weights, 'decoder_pred.'), norm(within(weights, 'decoder_norm.'), predicted))
}

const decoderOf = (config: ImageAutoencoderConfig): Stack => ({ width: config.decoderWidth, depth: config.decoderDepth, heads: config.decoderHeads })

/** The row of the class token [1, 1, D] and those of the patches [N, D]. */
function splitTable(table: tf.Tensor): [tf.Tensor3D, tf.Tensor2D] {
  const [, rows, width] = table.shape as [number, number, number]
  return [table.slice([0, 0, 0], [1, 1, width]).as3D(1, 1, width), table.slice([0, 1, 0], [1, rows - 1, width]).reshape([rows - 1, width])]
}

/** [1, 1, D] -> [B, 1, D], as a sum because its gradient is a plain sum. */
const repeat = (token: tf.Tensor, batch: number): tf.Tensor3D => tf.zeros([batch, 1, token.size]).add(token)
