import type { DistillConfiguration } from '#contract/configuration/distill.ts'
import * as tf from '../engine/tf.ts'
import { meanOfAll } from './mean.ts'

export type FeatureDistance = DistillConfiguration['loss']

/** Distance between predicted and teacher features, mean over samples, tokens and channels. */
export const featureLoss = (distance: FeatureDistance, prediction: tf.Tensor, target: tf.Tensor): tf.Scalar => meanOfAll(distances[distance](prediction.sub(target)))

/** The same distance for each token, for error maps: [B, K, D] -> [B, K]. */
export const featureErrors = (distance: FeatureDistance, prediction: tf.Tensor, target: tf.Tensor): tf.Tensor2D => distances[distance](prediction.sub(target)).mean(-1)

/** Huber's loss with threshold 1: d²/2 where |d| < 1, else |d| - 1/2. Both are c · (d - c/2) with c = d clipped to ±1, whose derivative is c. */
const smoothL1 = tf.customGrad((...args) => {
  const [difference, save] = args as [tf.Tensor, tf.GradSaveFunc]
  const clipped = difference.clipByValue(-1, 1)
  save([clipped])
  return { value: clipped.mul(difference.sub(clipped.mul(0.5))), gradFunc: (gradient: tf.Tensor, [clipped]: tf.Tensor[]) => gradient.mul(clipped ?? 0) }
})

const distances: Record<FeatureDistance, (difference: tf.Tensor) => tf.Tensor> = {
  'smooth-l1': smoothL1,
  // d · sign(d), because the slope at 0 is then 0, as PyTorch has it.
  l1: (difference) => difference.mul(difference.sign()),
  l2: (difference) => difference.square(),
}
