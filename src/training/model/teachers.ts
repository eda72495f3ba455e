import type * as tf from '../tensor/tf.ts'
import { encodePatches, type ImageEncoderConfig } from './image-autoencoder.ts'
import { type Weights, within } from './parameters.ts'
import { type ClipGeometry, cubes, firstFrames, imageGeometry } from './patches.ts'
import {
  type ClipEncoder,
  type ClipPositions,
  clipTable,
  encodeCubes,
  type VideoEncoderConfig,
} from './video-autoencoder.ts'
import { withoutFirst } from './vit.ts'

/** The image teacher and its clip. Its crop may differ from that of the student, but its token grid must not. */
export type ImageTeacherConfig = ImageEncoderConfig & Pick<ClipGeometry, 'frames' | 'tubeletSize'>

/**
 * Features of the image teacher on the first frame of each tubelet, unmasked, after the last block, without the final norm and
 * without the class token: video [B, 3, T, H, W] -> [B, T' x L, D], one row for each token of the student.
 * `weights` hold `imageEncoderParameters`.
 */
export function imageTeacherFeatures(config: ImageTeacherConfig, weights: Weights, video: tf.Tensor): tf.Tensor3D {
  const { width, frames, tubeletSize } = config
  const patches = cubes(firstFrames(video, config), imageGeometry(config.imageSize, config.patchSize))
  const [images, patchCount] = patches.shape
  const time = frames / tubeletSize
  return encodePatches(config, weights, patches)
    .slice([0, 1, 0], [images, patchCount, width])
    .reshape([images / time, time * patchCount, width])
}

/** An encoder of clips as a teacher. Its crop may differ from that of the student, but its token grid must not. */
export interface ClipTeacherConfig extends ClipGeometry, ClipEncoder {
  readonly positions: ClipPositions
}

/**
 * Features of an encoder of clips on the whole clip, unmasked, after the last block, without the final norm and without the
 * class token: video [B, 3, T, H, W] -> [B, N, D]. `weights` hold `clipEncoderParameters`.
 */
export function clipTeacherFeatures(config: ClipTeacherConfig, weights: Weights, video: tf.Tensor): tf.Tensor3D {
  const tokens = encodeCubes(
    config,
    weights,
    cubes(video, config),
    clipTable(config, config.positions, weights),
  ) as tf.Tensor3D
  return config.hasClassToken === true ? (withoutFirst(tokens) as tf.Tensor3D) : tokens
}

/** The same for VideoMAE under its own names: `weights` hold `videoEncoderParameters`. */
export const videoTeacherFeatures = (config: VideoEncoderConfig, weights: Weights, video: tf.Tensor): tf.Tensor3D =>
  clipTeacherFeatures({ ...config, positions: config.positions ?? 'flat' }, within(weights, 'encoder.'), video)
