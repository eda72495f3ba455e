import * as tf from '../../tensor/tf.ts'
import { isTraining } from './fused-kernels.ts'
import { layerNorm, normalize } from './layer-norm.ts'
import { linear } from './linear.ts'
import { fromRows, toRows } from './rows.ts'

/**
 * `linear(layerNorm(x, scale, shift), weight, bias)`. For its gradients it keeps the normalized tokens, not also the scaled and shifted ones.
 * x [.., In], scale and shift [In], weight [Out, In], bias [Out] -> [.., Out].
 */
export function normLinear(
  x: tf.Tensor,
  scale: tf.Tensor,
  shift: tf.Tensor,
  epsilon: number,
  weight: tf.Tensor,
  bias?: tf.Tensor,
): tf.Tensor {
  if (!isTraining()) return linear(layerNorm(x, scale, shift, epsilon), weight, bias)
  const normalized = normalize(epsilon)(x)
  const product =
    bias === undefined ? multiply(normalized, scale, shift, weight) : multiply(normalized, scale, shift, weight, bias)
  return fromRows(product, x)
}

const multiply = tf.customGrad((...args) => {
  const save = args.pop() as tf.GradSaveFunc
  const [normalized, scale, shift, weight, bias] = args as [
    tf.Tensor,
    tf.Tensor1D,
    tf.Tensor1D,
    tf.Tensor2D,
    tf.Tensor1D?,
  ]
  save([normalized, scale, shift, weight])
  const product = tf.matMul(toRows(normalized.mul(scale).add(shift)), weight, false, true)
  const gradFunc = (gradient: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
    const [normalized, scale, shift, weight] = saved as [tf.Tensor, tf.Tensor1D, tf.Tensor1D, tf.Tensor2D]
    const rows = toRows(normalized)
    const affineGradient = tf.matMul(gradient as tf.Tensor2D, weight)
    const gradients = [
      affineGradient.mul(scale).reshape(normalized.shape),
      affineGradient.mul(rows).sum(0),
      affineGradient.sum(0),
      tf.matMul(gradient as tf.Tensor2D, rows.mul(scale).add(shift) as tf.Tensor2D, true, false),
    ]
    return bias === undefined ? gradients : [...gradients, gradient.sum(0)]
  }
  return { value: bias === undefined ? product : product.add(bias), gradFunc }
})
