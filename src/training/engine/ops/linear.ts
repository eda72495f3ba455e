import * as tf from '../../tensor/tf.ts'
import { fromRows, toRows } from './rows.ts'

/**
 * x · weightᵀ + bias over the last axis, as one matrix product.
 * x [.., In], weight [Out, In] as published, bias [Out] -> [.., Out].
 */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor): tf.Tensor {
  const rows = toRows(x)
  const product = bias === undefined ? multiply(rows, weight) : multiply(rows, weight, bias)
  return fromRows(product, x)
}

const multiply = tf.customGrad((...args) => {
  const save = args.pop() as tf.GradSaveFunc
  const [rows, weight, bias] = args as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D?]
  save([rows, weight])
  const product = tf.matMul(rows, weight, false, true)
  const gradFunc = (gradient: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
    const [rows, weight] = saved as [tf.Tensor2D, tf.Tensor2D]
    const gradients = [tf.matMul(gradient, weight), tf.matMul(gradient, rows, true, false)]
    return bias === undefined ? gradients : [...gradients, gradient.sum(0)]
  }
  return { value: bias === undefined ? product : product.add(bias), gradFunc }
})
