import type * as tf from '../tensor/tf.ts'

/**
 * The mean of a tensor, axis by axis. Some engines sum numbers one after the other in float32, with an error that grows with their count:
 * 1e-5 for a loss over 10^5 numbers at once, 1e-7 in rows.
 */
export function meanOfAll(values: tf.Tensor): tf.Scalar {
  let mean = values
  while (mean.rank > 0) mean = mean.mean(-1)
  return mean.asScalar()
}
