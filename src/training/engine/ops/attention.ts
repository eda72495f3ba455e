import * as tf from '../../tensor/tf.ts'
import { fusedKernels, hasFused, isTraining, recomputesAttention, runFused } from './fused-kernels.ts'
import { recomputedAttention } from './recomputed-attention.ts'

/**
 * Multi-head self-attention without its projections: softmax(q · kᵀ / √d) · v for each head.
 * @param qkv [B, N, 3·D]: queries, keys and values, each as `heads` blocks of d = D / heads
 * @returns [B, N, D]
 */
export function attention(qkv: tf.Tensor, heads: number): tf.Tensor {
  const [batch, tokens, width] = qkv.shape as [number, number, number]
  const headWidth = width / (3 * heads)
  if (!Number.isInteger(headWidth))
    throw new Error(`A width of ${width} cannot be split into queries, keys and values of ${heads} heads.`)
  if (!isTraining() && hasFused(fusedKernels.multiHeadAttention))
    return runFused(fusedKernels.multiHeadAttention, named(tf.split(qkv, 3, 2)), { heads })
  if (isTraining() && recomputesAttention()) return recomputedAttention(qkv, heads)
  const byHead = qkv.reshape([batch, tokens, 3 * heads, headWidth]).transpose([2, 0, 1, 3])
  return attend(...tf.split(byHead, 3, 0)).reshape([batch, tokens, width / 3])
}

function named([query, key, value]: tf.Tensor[]): Record<string, tf.Tensor> {
  if (query === undefined || key === undefined || value === undefined)
    throw new Error('Queries, keys or values are missing.')
  return { query, key, value }
}

/**
 * Queries, keys and values, each [heads, B, N, d] -> [B, N, heads, d].
 * The softmax gradient p · (g − Σ g·p) needs Σ g·p over keys for each query, which equals Σ (output gradient · output)
 * over the head's width: far fewer numbers than the attention matrix (Dao et al., FlashAttention, 2022, B.2).
 */
const attend = tf.customGrad((...args) => {
  const save = args.pop() as tf.GradSaveFunc
  const [query, key, value] = args as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D]
  const scale = 1 / Math.sqrt(query.shape[3])
  const weights = tf.softmax(tf.matMul(query.mul(scale), key, false, true)) as tf.Tensor4D
  const output = tf.matMul(weights, value).transpose([1, 2, 0, 3])
  save([query, key, value, weights, output])
  const gradFunc = (outputGradient: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
    const [query, key, value, weights, output] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
    const gradient = outputGradient.transpose([2, 0, 1, 3])
    const weightGradient = tf.matMul(gradient, value, false, true)
    const along = outputGradient.mul(output).sum(-1).transpose([2, 0, 1]).expandDims(-1)
    const logitGradient = weights.mul(weightGradient.sub(along))
    return [
      tf.matMul(logitGradient, key.mul(scale)),
      tf.matMul(logitGradient, query.mul(scale), true, false),
      tf.matMul(weights, gradient, true, false),
    ]
  }
  return { value: output, gradFunc }
})
