import * as tf from '../../tensor/tf.ts'
import { fusedKernels, hasFused, runFused } from './fused-kernels.ts'
import { toRows } from './rows.ts'

/**
 * Layer normalization over the last axis: (x − mean) / sqrt(variance + epsilon) · scale + shift, biased variance.
 * x [.., D], scale and shift [D] or undefined -> [.., D].
 */
export function layerNorm(
  x: tf.Tensor,
  scale: tf.Tensor | undefined,
  shift: tf.Tensor | undefined,
  epsilon: number,
): tf.Tensor {
  const normalized = normalize(epsilon)(x)
  if (scale === undefined) return shift === undefined ? normalized : normalized.add(shift)
  return affine(...(shift === undefined ? [normalized, scale] : [normalized, scale, shift]))
}

/** Layer normalization without scale and shift. */
export function normalize(epsilon: number): (x: tf.Tensor) => tf.Tensor {
  return tf.customGrad((...args) => {
    const [x, save] = args as [tf.Tensor, tf.GradSaveFunc]
    const [value, inverseDeviation] = hasFused(fusedKernels.layerNormalization)
      ? runFused<[tf.Tensor, tf.Tensor]>(fusedKernels.layerNormalization, { x }, { epsilon })
      : normalizeInSteps(x, epsilon)
    save([value, inverseDeviation])
    return { value, gradFunc: normalizeGradient }
  })
}

function normalizeInSteps(x: tf.Tensor, epsilon: number): [tf.Tensor, tf.Tensor] {
  const centered = x.sub(x.mean(-1, true))
  const inverseDeviation = centered.square().mean(-1, true).add(epsilon).rsqrt()
  return [centered.mul(inverseDeviation), inverseDeviation]
}

/** dx = (g − mean(g) − y · mean(g · y)) / deviation, for y = (x − mean(x)) / deviation. */
function normalizeGradient(gradient: tf.Tensor, saved: tf.Tensor[]): tf.Tensor {
  const [normalized, inverseDeviation] = saved as [tf.Tensor, tf.Tensor]
  const along = gradient.mul(normalized).mean(-1, true)
  return gradient.sub(gradient.mean(-1, true)).sub(normalized.mul(along)).mul(inverseDeviation)
}

const affine = tf.customGrad((...args) => {
  const save = args.pop() as tf.GradSaveFunc
  const [normalized, scale, shift] = args as [tf.Tensor, tf.Tensor, tf.Tensor?]
  save([normalized, scale])
  const scaled = normalized.mul(scale)
  const gradFunc = (gradient: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
    const [normalized, scale] = saved as [tf.Tensor, tf.Tensor]
    const gradients = [gradient.mul(scale), toRows(gradient.mul(normalized)).sum(0)]
    return shift === undefined ? gradients : [...gradients, toRows(gradient).sum(0)]
  }
  return { value: shift === undefined ? scaled : scaled.add(shift), gradFunc }
})
