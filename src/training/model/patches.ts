import * as tf from '../tensor/tf.ts'
import type { Grid } from './positions.ts'

/** The division of a clip into tokens. An image is a clip of one frame with a tubelet of one frame. */
export interface ClipGeometry {
  readonly frames: number
  readonly tubeletSize: number
  readonly imageSize: number
  readonly patchSize: number
}

export function gridOf({ frames, tubeletSize, imageSize, patchSize }: ClipGeometry): Grid {
  return [frames / tubeletSize, imageSize / patchSize, imageSize / patchSize]
}

export function tokenCount(geometry: ClipGeometry): number {
  const [time, rows, columns] = gridOf(geometry)
  return time * rows * columns
}

/** Numbers in one cube: 3 channels x tubelet x patch x patch. */
export const cubeSize = ({ tubeletSize, patchSize }: ClipGeometry): number => 3 * tubeletSize * patchSize * patchSize

/**
 * Cuts a clip into cubes. video [B, 3, T, H, W] -> [B, N, cube]: tokens in order time, row, column; inside a cube
 * channel, frame, row, column, which is the order of the published patch embedding.
 */
export function cubes(video: tf.Tensor, geometry: ClipGeometry): tf.Tensor3D {
  const { frames, tubeletSize, patchSize } = geometry
  const [time, rows, columns] = gridOf(geometry)
  const batch = video.size / (3 * frames * geometry.imageSize ** 2)
  return video
    .reshape([batch * 3 * frames, rows, patchSize, columns, patchSize])
    .transpose([0, 1, 3, 2, 4])
    .reshape([batch, 3, time, tubeletSize, rows * columns, patchSize * patchSize])
    .transpose([0, 2, 4, 1, 3, 5])
    .reshape([batch, time * rows * columns, cubeSize(geometry)])
}

/** Kernel of the patch embedding of clips. */
export const clipKernel = ({ tubeletSize, patchSize }: ClipGeometry): number[] => [tubeletSize, patchSize, patchSize]

/** The geometry of single images. */
export const imageGeometry = (imageSize: number, patchSize: number): ClipGeometry => ({
  frames: 1,
  tubeletSize: 1,
  imageSize,
  patchSize,
})

/** The first frame of each tubelet as single images: video [B, 3, T, H, W] -> [B x T', 3, H, W]. */
export function firstFrames(video: tf.Tensor, { frames, tubeletSize, imageSize }: ClipGeometry): tf.Tensor4D {
  const time = frames / tubeletSize
  const pixels = imageSize * imageSize
  const batch = video.size / (3 * frames * pixels)
  return video
    .reshape([batch * 3, time, tubeletSize * pixels])
    .slice([0, 0, 0], [batch * 3, time, pixels])
    .reshape([batch, 3, time, pixels])
    .transpose([0, 2, 1, 3])
    .reshape([batch * time, 3, imageSize, imageSize])
}

/**
 * Picks tokens of each sample: tokens [B, N, D], indices int32 [B, K] -> [B, K, D].
 * Only for tensors that need no gradient, because not every engine has the gradient of a gather.
 */
export function gatherTokens(tokens: tf.Tensor, indices: tf.Tensor): tf.Tensor3D {
  const [batch, count, width] = tokens.shape as [number, number, number]
  const picked = indices.size / batch
  const firstRows = tf.tensor2d(
    Array.from({ length: batch }, (_, sample) => sample * count),
    [batch, 1],
    'int32',
  )
  return tokens
    .reshape([batch * count, width])
    .gather(indices.add(firstRows).flatten().toInt())
    .reshape([batch, picked, width])
}

/** Picks rows of a constant table for each sample: table [.., N, D], indices int32 [B, K] -> [B, K, D]. */
export function gatherPositions(table: tf.Tensor, indices: tf.Tensor): tf.Tensor3D {
  const [batch, picked] = indices.shape as [number, number]
  const width = table.shape.at(-1) ?? 0
  return table.reshape([-1, width]).gather(indices.flatten().toInt()).reshape([batch, picked, width])
}
