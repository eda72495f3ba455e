import * as tf from '../../tensor/tf.ts'
import { fusedKernels, runFused } from './fused-kernels.ts'

/** Numbers of the attention matrices that the gradient computes at once: a few hundred MiB with what is computed from them. */
const largestMatrices = 2 ** 26

/**
 * Attention that keeps queries, keys, values and its output, but no attention matrix: one fused operator computes the output, and the gradient
 * recomputes the matrices from queries and keys, for some heads of some samples at a time.
 * @param qkv [B, N, 3·D], see `attention`
 * @param largest numbers of the attention matrices to compute at once, if a matrix is not larger
 * @returns [B, N, D]
 */
export function recomputedAttention(qkv: tf.Tensor, heads: number, largest = largestMatrices): tf.Tensor {
  const [batch, tokens, width] = qkv.shape as [number, number, number]
  const headWidth = width / (3 * heads)
  const matrices = heads * batch
  const headsFirst = (x: tf.Tensor): tf.Tensor3D =>
    x.reshape([batch, tokens, heads, headWidth]).transpose([2, 0, 1, 3]).reshape([matrices, tokens, headWidth])
  const attend = tf.customGrad((...args) => {
    const [qkv, save] = args as [tf.Tensor, tf.GradSaveFunc]
    const [query, key, value] = tf.split(qkv, 3, 2) as [tf.Tensor, tf.Tensor, tf.Tensor]
    const output = runFused<tf.Tensor>(fusedKernels.multiHeadAttention, { query, key, value }, { heads })
    save([query, key, value, output])
    const gradFunc = (gradient: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [query, key, value, output, outputGradient] = [...saved, gradient].map(headsFirst) as Five<tf.Tensor3D>
      const chunks = chunkCount(matrices, tokens, largest)
      const parts = [...gradients({ query, key, value, output, gradient: outputGradient, chunks })]
      const byHead = [0, 1, 2].flatMap((index) => parts.map((part) => part[index] as tf.Tensor3D))
      return tf
        .concat(byHead)
        .reshape([3 * heads, batch, tokens, headWidth])
        .transpose([1, 2, 0, 3])
        .reshape(qkv.shape)
    }
    return { value: output, gradFunc }
  })
  return attend(qkv)
}

type Five<T> = [T, T, T, T, T]

/** The fewest equal chunks of matrices of [tokens, tokens], each of at most `largest` numbers, or of one matrix. */
export function chunkCount(matrices: number, tokens: number, largest: number): number {
  let count = Math.max(1, Math.ceil((matrices * tokens ** 2) / largest))
  while (count < matrices && matrices % count !== 0) count++
  return Math.min(count, matrices)
}

/**
 * Gradients of queries, keys and values for each chunk of matrices. All tensors [matrices, N, d].
 * The softmax gradient is p · (g · vᵀ − Σ g·o), see `attention`. The product of [g, g·o] and [v, −1] is its second factor, with the difference
 * taken in the sums of the product: in half precision it is rounded once, and no operator needs to read and write it as float32.
 */
function* gradients({
  query,
  key,
  value,
  output,
  gradient,
  chunks,
}: Readonly<Record<'query' | 'key' | 'value' | 'output' | 'gradient', tf.Tensor3D>> & {
  readonly chunks: number
}): Generator<[tf.Tensor, tf.Tensor, tf.Tensor]> {
  const scale = 1 / Math.sqrt(query.shape[2])
  const left = tf.concat([gradient, gradient.mul(output)], 2)
  const right = tf.concat([value, tf.fill(value.shape, -1)], 2)
  const split = [query, key, gradient, left, right].map((x) => tf.split(x, chunks))
  for (let chunk = 0; chunk < chunks; chunk++) {
    const [query, key, gradient, left, right] = split.map((x) => x[chunk]) as Five<tf.Tensor3D>
    const weights = tf.softmax(tf.matMul(query.mul(scale), key, false, true)) as tf.Tensor3D
    const logitGradient = weights.mul(tf.matMul(left, right, false, true)) as tf.Tensor3D
    yield [
      tf.matMul(logitGradient, key.mul(scale)),
      tf.matMul(logitGradient, query.mul(scale), true, false),
      tf.matMul(weights, gradient, true, false),
    ]
  }
}
