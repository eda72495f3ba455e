import * as tf from '../tf.ts'

/** The exact Gaussian error linear unit, x · Φ(x) = x · (1 + erf(x / √2)) / 2, element by element. */
export const gelu: (x: tf.Tensor) => tf.Tensor = tf.customGrad((...args) => {
  const [x, save] = args as [tf.Tensor, tf.GradSaveFunc]
  const cumulative = x.mul(Math.SQRT1_2).erf().add(1).mul(0.5)
  save([x, cumulative])
  return { value: x.mul(cumulative), gradFunc: geluGradient }
})

/** d/dx x · Φ(x) = Φ(x) + x · φ(x), φ being the normal density. */
function geluGradient(gradient: tf.Tensor, saved: tf.Tensor[]): tf.Tensor {
  const [x, cumulative] = saved as [tf.Tensor, tf.Tensor]
  const density = x.square().mul(-0.5).exp().mul(1 / Math.sqrt(2 * Math.PI))
  return gradient.mul(cumulative.add(x.mul(density)))
}
