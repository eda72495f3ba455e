import * as tf from '../../tensor/tf.ts'
import { fusedKernels, hasFused, isTraining, runFused } from './fused-kernels.ts'

/** The exact Gaussian error linear unit, x · Φ(x) = x · (1 + erf(x / √2)) / 2, element by element. */
export function gelu(x: tf.Tensor): tf.Tensor {
  return !isTraining() && hasFused(fusedKernels.gelu) ? runFused(fusedKernels.gelu, { x }, {}) : differentiableGelu(x)
}

/**
 * With u = x / √2 and e = 1 + erf(u) the value is u · e / √2 and its derivative (e + 2/√π · u · exp(−u²)) / 2.
 * Constant factors are outermost, where the recorder merges them into a neighbouring matrix product.
 */
const differentiableGelu = tf.customGrad((...args) => {
  const [x, save] = args as [tf.Tensor, tf.GradSaveFunc]
  const [u, e] = geluParts(x)
  save([u, e])
  return {
    value: u.mul(e).mul(Math.SQRT1_2),
    gradFunc: (gradient: tf.Tensor, [u, e]: tf.Tensor[]) => geluGradient(gradient, u as tf.Tensor, e as tf.Tensor),
  }
})

/** u and e of x; see `differentiableGelu`. */
export function geluParts(x: tf.Tensor): [tf.Tensor, tf.Tensor] {
  const u = x.mul(Math.SQRT1_2)
  return [u, u.erf().add(1)]
}

/** The gradient with respect to x. */
export function geluGradient(gradient: tf.Tensor, u: tf.Tensor, e: tf.Tensor): tf.Tensor {
  const density = tf.sub(Math.log(2 / Math.sqrt(Math.PI)), u.square()).exp()
  return gradient.mul(u.mul(density).add(e)).mul(0.5)
}
