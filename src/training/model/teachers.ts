import type * as tf from '../engine/tf.ts'
import { encodePatches, type ImageEncoderConfig } from './image-autoencoder.ts'
import { type Weights, within } from './parameters.ts'
import { type ClipGeometry, cubes, firstFrames, imageGeometry } from './patches.ts'
import { encodeCubes, flatTable, type VideoEncoderConfig } from './video-autoencoder.ts'

/** The image teacher with the clip that it sees; its crop may differ from the student's, its grid may not. */
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

/**
 * Features of the video teacher on the whole clip, unmasked, after the last block, without the final norm:
 * video [B, 3, T, H, W] -> [B, N, D]. `weights` hold `videoEncoderParameters`.
 */
export function videoTeacherFeatures(config: VideoEncoderConfig, weights: Weights, video: tf.Tensor): tf.Tensor3D {
  return encodeCubes(config, within(weights, 'encoder.'), cubes(video, config), flatTable(config, config.width)) as tf.Tensor3D
}
