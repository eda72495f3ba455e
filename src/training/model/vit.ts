import { attention, gelu, layerNorm, linear } from '../engine/ops.ts'
import * as tf from '../engine/tf.ts'
import { convolutionUniform, type Initializer, zeros } from './initializers.ts'
import { linearParameters, matrix, normParameters, type ParameterSpec, prefixed, sizeOf, vector, type Weights, within } from './parameters.ts'

/** A stack of transformer blocks. */
export interface Stack {
  readonly width: number
  readonly depth: number
  readonly heads: number
}

/** MAE has one bias for queries, keys and values; VideoMAE and MVD have one for queries and one for values, none for keys. */
export type QkvBias = 'joint' | 'separate'

/** Initial values of a linear layer [output, input]. */
export type LinearInitializer = (output: number, input: number) => Initializer

const mlpRatio = 4
const epsilon = 1e-6

/** Names and shapes of the blocks `0.` to `depth - 1.`. */
export function blockParameters({ width, depth }: Stack, bias: QkvBias, initialize: LinearInitializer): ParameterSpec[] {
  const qkv = matrix('attn.qkv.weight', [3 * width, width], initialize(3 * width, width))
  const block = [
    ...normParameters('norm1', width),
    ...(bias === 'joint' ? [qkv, vector('attn.qkv.bias', 3 * width, zeros)] : [vector('attn.q_bias', width, zeros), vector('attn.v_bias', width, zeros), qkv]),
    ...linearParameters('attn.proj', width, width, initialize(width, width)),
    ...normParameters('norm2', width),
    ...linearParameters('mlp.fc1', mlpRatio * width, width, initialize(mlpRatio * width, width)),
    ...linearParameters('mlp.fc2', width, mlpRatio * width, initialize(width, mlpRatio * width)),
  ]
  return Array.from({ length: depth }, (_, index) => prefixed(`${index}.`, block)).flat()
}

/**
 * Transformer blocks with the norm before each branch (Dosovitskiy et al. 2021): [B, N, D] -> [B, N, D].
 * `weights` begin at the first block. `dropPath` [2 x depth, B] holds, for each block, the factors of its attention
 * branch and of its MLP branch per sample (0 or 1 / keep).
 */
export function blocks({ depth, heads }: Stack, bias: QkvBias, weights: Weights, tokens: tf.Tensor, dropPath?: tf.Tensor): tf.Tensor {
  let x = tokens
  for (let index = 0; index < depth; index++) {
    const block = within(weights, `${index}.`)
    x = x.add(scaled(selfAttention(block, bias, heads, norm(within(block, 'norm1.'), x)), dropPath, 2 * index))
    x = x.add(scaled(mlp(block, norm(within(block, 'norm2.'), x)), dropPath, 2 * index + 1))
  }
  return x
}

/** LayerNorm over channels, epsilon 1e-6. */
export const norm = (weights: Weights, x: tf.Tensor): tf.Tensor => layerNorm(x, weights('weight'), weights('bias'), epsilon)

/** LayerNorm over channels without scale and shift, as `norm_feature` puts on teacher features. */
export const plainNorm = (x: tf.Tensor): tf.Tensor => layerNorm(x, undefined, undefined, epsilon)

/** A linear layer with bias: [.., In] -> [.., Out]. */
export const project = (weights: Weights, x: tf.Tensor): tf.Tensor => linear(x, weights('weight'), weights('bias'))

/** Names and shapes of the patch embedding, a convolution; `kernel` is [patch, patch] for images and [tubelet, patch, patch] for clips. */
export function patchParameters(width: number, kernel: readonly number[], initialize?: LinearInitializer): ParameterSpec[] {
  const input = 3 * sizeOf(kernel)
  const convolution = convolutionUniform(input)
  return [matrix('patch_embed.proj.weight', [width, 3, ...kernel], initialize?.(width, input) ?? convolution), vector('patch_embed.proj.bias', width, convolution)]
}

/** Embeds cubes [B, N, cube] -> [B, N, D]: the published convolution as one product, since its stride is its kernel. */
export function embedPatches(weights: Weights, cubes: tf.Tensor): tf.Tensor {
  const kernel = weights('patch_embed.proj.weight')
  const width = kernel.shape[0] ?? 0
  return linear(cubes, kernel.reshape([width, kernel.size / width]), weights('patch_embed.proj.bias'))
}

function selfAttention(block: Weights, bias: QkvBias, heads: number, x: tf.Tensor): tf.Tensor {
  const qkv = linear(x, block('attn.qkv.weight'), bias === 'joint' ? withoutKeyNoise(block('attn.qkv.bias')) : separateBias(block))
  return project(within(block, 'attn.proj.'), attention(qkv, heads))
}

function separateBias(block: Weights): tf.Tensor {
  const query = block('attn.q_bias')
  return tf.concat([query, tf.zeros(query.shape), block('attn.v_bias')])
}

/**
 * The bias as it is, with a gradient of exactly zero for keys: a key bias shifts all scores of a query alike, which the
 * softmax undoes, so all that would be computed for it is rounding noise, and AdamW would scale that noise up.
 */
const withoutKeyNoise = tf.customGrad((...args) => {
  const [bias] = args as [tf.Tensor]
  const width = bias.size / 3
  const gradFunc = (gradient: tf.Tensor) => gradient.mul(tf.concat([tf.ones([width]), tf.zeros([width]), tf.ones([width])]))
  return { value: bias.clone(), gradFunc }
})

const mlp = (block: Weights, x: tf.Tensor): tf.Tensor => project(within(block, 'mlp.fc2.'), gelu(project(within(block, 'mlp.fc1.'), x)))

function scaled(branch: tf.Tensor, dropPath: tf.Tensor | undefined, row: number): tf.Tensor {
  if (dropPath === undefined) return branch
  const batch = branch.shape[0] ?? 0
  return branch.mul(dropPath.slice([row, 0], [1, batch]).reshape([batch, 1, 1]))
}
