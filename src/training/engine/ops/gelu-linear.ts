import * as tf from '../../tensor/tf.ts'
import { isTraining } from './fused-kernels.ts'
import { gelu, geluGradient, geluParts } from './gelu.ts'
import { linear } from './linear.ts'
import { fromRows, toRows } from './rows.ts'

/**
 * `linear(gelu(x), weight, bias)`. For its gradient it keeps only what the gradient of GELU needs, and recomputes the activation from that.
 * x [.., In], weight [Out, In], bias [Out] -> [.., Out].
 */
export function geluLinear(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  if (!isTraining()) return linear(gelu(x), weight, bias)
  const product = multiply(x, weight, bias)
  return fromRows(product, x)
}

const multiply = tf.customGrad((...args) => {
  const [x, weight, bias, save] = args as unknown as [tf.Tensor, tf.Tensor2D, tf.Tensor1D, tf.GradSaveFunc]
  const [u, e] = geluParts(x)
  save([u, e, weight])
  return { value: tf.matMul(toRows(u.mul(e).mul(Math.SQRT1_2)), weight, false, true).add(bias), gradFunc: gradients }
})

function gradients(gradient: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] {
  const [u, e, weight] = saved as [tf.Tensor, tf.Tensor, tf.Tensor2D]
  // Factors in reverse order: a recorded graph computes equal operators once, and would keep the forward activation until here.
  const activation = e.mul(u).mul(Math.SQRT1_2)
  const activationGradient = tf.matMul(gradient as tf.Tensor2D, weight).reshape(u.shape)
  return [
    geluGradient(activationGradient, u, e),
    tf.matMul(gradient as tf.Tensor2D, toRows(activation), true, false),
    gradient.sum(0),
  ]
}
