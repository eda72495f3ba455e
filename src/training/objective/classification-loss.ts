import * as tf from '../tensor/tf.ts'

/** Cross entropy against class probabilities, mean over samples: logits [B, C], targets [B, C] (rows sum to 1). */
export const softTargetLoss = (logits: tf.Tensor, targets: tf.Tensor): tf.Scalar =>
  tf.logSoftmax(logits).mul(targets).sum(-1).mean<tf.Scalar>().neg()
