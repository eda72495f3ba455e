import type { DistillConfiguration } from '#contract/stages/distill.ts'
import * as tf from '../tensor/tf.ts'
import { meanOfAll } from './mean.ts'

export type FeatureDistance = DistillConfiguration['loss']

/** Distance between predicted and teacher features, mean over samples, tokens and channels. */
export const featureLoss = (distance: FeatureDistance, prediction: tf.Tensor, target: tf.Tensor): tf.Scalar =>
  meanOfAll(distances[distance](prediction, target))

/** The same distance for each token, for error maps: [B, K, D] -> [B, K]. */
export const featureErrors = (distance: FeatureDistance, prediction: tf.Tensor, target: tf.Tensor): tf.Tensor2D =>
  distances[distance](prediction, target).mean(-1)

/** Huber loss with threshold 1: d²/2 if |d| < 1, else |d| - 1/2. Both are c · (d - c/2) with c = d clipped to ±1, and their derivative is c. */
const smoothL1 = tf.customGrad((...args) => {
  const [difference, save] = args as [tf.Tensor, tf.GradSaveFunc]
  const clipped = difference.clipByValue(-1, 1)
  save([clipped])
  return {
    value: clipped.mul(difference.sub(clipped.mul(0.5))),
    gradFunc: (gradient: tf.Tensor, [clipped]: tf.Tensor[]) => gradient.mul(clipped ?? 0),
  }
})

/**
 * 2 - 2 · cosine of each token, [.., D] -> [.., 1]: the squared distance of the normalized vectors (UMT, Li et al. 2023). The small constant
 * avoids a division by zero.
 */
function cosineDistance(prediction: tf.Tensor, target: tf.Tensor): tf.Tensor {
  return tf.sub(
    2,
    prediction
      .mul(target)
      .sum(-1, true)
      .div(lengths(prediction).mul(lengths(target)))
      .mul(2),
  )
}

const lengths = (vectors: tf.Tensor): tf.Tensor => vectors.square().sum(-1, true).add(1e-12).sqrt()

/** Distance of each element [.., D], or of each token [.., 1]. */
const distances: Record<FeatureDistance, (prediction: tf.Tensor, target: tf.Tensor) => tf.Tensor> = {
  'smooth-l1': (prediction, target) => smoothL1(prediction.sub(target)),
  // d · sign(d) has the slope 0 at 0, as in PyTorch.
  l1(prediction, target) {
    const difference = prediction.sub(target)
    return difference.mul(difference.sign())
  },
  l2: (prediction, target) => prediction.sub(target).square(),
  cosine: cosineDistance,
}
