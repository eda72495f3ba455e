import { imageNetDeviation, imageNetMean } from '../data/normalize.ts'
import * as tf from '../tensor/tf.ts'
import { meanOfAll } from './mean.ts'

/** Avoids a division by zero for patches of one colour (both papers). */
export const pixelEpsilon = 1e-6

/**
 * Targets of MAE: patches [B, K, 3·p·p] in order channel, row, column -> [B, K, p·p·3] in order row, column, channel.
 * Normalised over all numbers of a patch: (x - mean) / sqrt(unbiased variance + 1e-6).
 */
export function imagePixelTargets(patches: tf.Tensor, isNormalized: boolean): tf.Tensor3D {
  const [batch, count, size] = patches.shape as [number, number, number]
  const targets = isNormalized ? standardize(patches, (variance) => variance.add(pixelEpsilon).sqrt()) : patches
  return channelsLast(targets, batch, count, size)
}

/**
 * Targets of VideoMAE: cubes [B, K, 3·t·p·p] of a clip normalised by ImageNet's statistics -> [B, K, t·p·p·3] in order
 * frame, row, column, channel. Pixels return to 0..1, then each channel is normalised over its positions:
 * (x - mean) / (sqrt(unbiased variance) + 1e-6).
 */
export function videoPixelTargets(cubes: tf.Tensor, isNormalized: boolean): tf.Tensor3D {
  const [batch, count, size] = cubes.shape as [number, number, number]
  const pixels = cubes
    .reshape([batch * count, 3, size / 3])
    .mul(tf.tensor3d([...imageNetDeviation], [1, 3, 1]))
    .add(tf.tensor3d([...imageNetMean], [1, 3, 1]))
  const targets = isNormalized ? standardize(pixels, (variance) => variance.sqrt().add(pixelEpsilon)) : pixels
  return channelsLast(targets, batch, count, size)
}

/** Mean squared error over tokens and pixels: [B, K, D]. */
export const pixelLoss = (prediction: tf.Tensor, target: tf.Tensor): tf.Scalar =>
  meanOfAll(prediction.sub(target).square())

function standardize(values: tf.Tensor, deviation: (variance: tf.Tensor) => tf.Tensor): tf.Tensor {
  const count = values.shape.at(-1) ?? 0
  const centered = values.sub(values.mean(-1, true))
  const variance = centered
    .square()
    .sum(-1, true)
    .div(count - 1)
  return centered.div(deviation(variance))
}

const channelsLast = (values: tf.Tensor, batch: number, count: number, size: number): tf.Tensor3D =>
  values
    .reshape([batch * count, 3, size / 3])
    .transpose([0, 2, 1])
    .reshape([batch, count, size])
