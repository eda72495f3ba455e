import * as tf from '../tensor/tf.ts'
import { normal, xavierUniform } from './initializers.ts'
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
import { cubes, cubeSize, gatherPositions, gatherTokens, imageGeometry } from './patches.ts'
import { imagePositions } from './positions.ts'
import {
  blockParameters,
  blocks,
  classTokenParameter,
  decoderOf,
  type DecoderSizes,
  embedPatches,
  norm,
  patchParameters,
  prepend,
  project,
  type Stack,
  withoutFirst,
} from './vit.ts'

/** Masked autoencoder on images (He et al. 2022), the image teacher. */
export interface ImageAutoencoderConfig extends ImageEncoderConfig, DecoderSizes {}

export interface ImageEncoderConfig extends Stack {
  readonly imageSize: number
  readonly patchSize: number
}

/** The encoder without its final norm, which is all that an image teacher needs. */
export function imageEncoderParameters(config: ImageEncoderConfig): ParameterSpec[] {
  const { imageSize, patchSize, width } = config
  return [
    classTokenParameter(width, normal(0.02), true),
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
 * Encoder without its final norm: patches [B, K, cube] -> [B, 1 + K, D], class token first. `indices` int32 [B, K] are
 * the indices of these patches in the image; by default all patches. Selecting patches before they are embedded gives
 * the same result as selecting tokens.
 */
export function encodePatches(
  config: ImageEncoderConfig,
  weights: Weights,
  patches: tf.Tensor,
  indices?: tf.Tensor,
): tf.Tensor {
  const [classPosition, positions] = splitTable(weights('pos_embed'))
  const tokens = embedPatches(weights, patches).add(
    indices === undefined ? positions : gatherPositions(positions, indices),
  )
  return blocks(config, 'joint', within(weights, 'blocks.'), prepend(weights('cls_token').add(classPosition), tokens))
}

/** Predicts the pixels of masked patches: image [B, 3, H, W], `visible` int32 [B, Nv], `masked` int32 [B, Nm] -> [B, Nm, 3·p·p]. */
export function reconstructImage(
  config: ImageAutoencoderConfig,
  weights: Weights,
  image: tf.Tensor,
  visible: tf.Tensor,
  masked: tf.Tensor,
): tf.Tensor {
  const decoded = decodePatches(config, weights, image, visible, masked)
  const [batch, count, width] = decoded.shape
  const maskedCount = masked.shape[1] ?? 0
  return predictPixels(config, weights, decoded.slice([0, count - maskedCount, 0], [batch, maskedCount, width]))
}

/** The same for all patches, the visible ones first: -> [B, Nv + Nm, 3·p·p]. */
export function reconstructWholeImage(
  config: ImageAutoencoderConfig,
  weights: Weights,
  image: tf.Tensor,
  visible: tf.Tensor,
  masked: tf.Tensor,
): tf.Tensor {
  return predictPixels(config, weights, withoutFirst(decodePatches(config, weights, image, visible, masked)))
}

/**
 * Encoder and decoder blocks: -> [B, 1 + Nv + Nm, D] in order class token, visible, masked instead of the raster order;
 * attention does not depend on the order.
 */
function decodePatches(
  config: ImageAutoencoderConfig,
  weights: Weights,
  image: tf.Tensor,
  visible: tf.Tensor,
  masked: tf.Tensor,
): tf.Tensor3D {
  const patches = cubes(image, imageGeometry(config.imageSize, config.patchSize))
  const encoded = norm(
    within(weights, 'norm.'),
    encodePatches(config, weights, gatherTokens(patches, visible), visible),
    config.epsilon,
  )
  const [classPosition, positions] = splitTable(weights('decoder_pos_embed'))
  const tokens = project(within(weights, 'decoder_embed.'), encoded).add(
    prepend(classPosition, gatherPositions(positions, visible)),
  )
  const maskTokens = weights('mask_token').add(gatherPositions(positions, masked))
  return blocks(
    decoderOf(config),
    'joint',
    within(weights, 'decoder_blocks.'),
    tf.concat([tokens, maskTokens], 1),
  ) as tf.Tensor3D
}

const predictPixels = ({ epsilon }: ImageAutoencoderConfig, weights: Weights, decoded: tf.Tensor): tf.Tensor =>
  project(within(weights, 'decoder_pred.'), norm(within(weights, 'decoder_norm.'), decoded, epsilon))

/** The row of the class token [1, 1, D] and those of the patches [N, D]. */
function splitTable(table: tf.Tensor): [tf.Tensor3D, tf.Tensor2D] {
  const [, rows, width] = table.shape as [number, number, number]
  return [
    table.slice([0, 0, 0], [1, 1, width]).as3D(1, 1, width),
    table.slice([0, 1, 0], [1, rows - 1, width]).reshape([rows - 1, width]),
  ]
}
