import * as tf from '../../tensor/tf.ts'
import { isTraining } from './fused-kernels.ts'
import { gelu, geluGradient, geluParts } from './gelu.ts'
import { linear } from './linear.ts'
import { lastDimension, toRows } from './rows.ts'

/**
 * A linear layer on activations, `linear(gelu(x), weight, bias)`, which keeps what the gradient of the activation needs and from that
 * computes the activation anew. x [.., In], weight [Out, In], bias [Out] -> [.., Out].
 */
export function geluLinear(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  if (!isTraining()) return linear(gelu(x), weight, bias)
  const product = multiply(x, weight, bias)
  return product.reshape([...x.shape.slice(0, -1), lastDimension(product)])
}

const multiply = tf.customGrad((...args) => {
  const [x, weight, bias, save] = args as unknown as [tf.Tensor, tf.Tensor2D, tf.Tensor1D, tf.GradSaveFunc]
  const [u, e] = geluParts(x)
  save([u, e, weight])
  return { value: tf.matMul(toRows(u.mul(e).mul(Math.SQRT1_2)), weight, false, true).add(bias), gradFunc: gradients }
})

function gradients(gradient: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] {
  const [u, e, weight] = saved as [tf.Tensor, tf.Tensor, tf.Tensor2D]
  // The other way round than forward: a recorded graph would take an equal product for the same one, and keep it until here.
  const activation = e.mul(u).mul(Math.SQRT1_2)
  const activationGradient = tf.matMul(gradient as tf.Tensor2D, weight).reshape(u.shape)
  return [
    geluGradient(activationGradient, u, e),
    tf.matMul(gradient as tf.Tensor2D, toRows(activation), true, false),
    gradient.sum(0),
  ]
}
