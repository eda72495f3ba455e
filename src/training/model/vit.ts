import { attention, geluLinear, layerNorm, linear, normLinear, recomputed } from '../engine/ops/index.ts'
import * as tf from '../tensor/tf.ts'
import { convolutionUniform, type Initializer, zeros } from './initializers.ts'
import {
  linearParameters,
  matrix,
  normParameters,
  type ParameterSpec,
  prefixed,
  sizeOf,
  vector,
  type Weights,
  weightsOf,
  within,
} from './parameters.ts'

/** A stack of transformer blocks. Optional fields default to the published value; checkpoints from other sources differ. */
export interface Stack {
  readonly width: number
  readonly depth: number
  readonly heads: number
  /** Width of the hidden layer of each MLP: 4 x width. */
  readonly mlpWidth?: number | undefined
  /** Default: the bias of the model family. */
  readonly qkvBias?: QkvBias | undefined
  /** Epsilon of the norms: 1e-6. */
  readonly epsilon?: number | undefined
  /** Activation checkpointing: whether the backward pass recomputes each block from its inputs, which takes less memory. */
  readonly recomputeBlocks?: boolean | undefined
}

/** MAE has one bias for queries, keys and values; VideoMAE and MVD have one for queries and one for values, none for keys. */
export type QkvBias = 'joint' | 'separate' | 'none'

/** The decoder of a masked autoencoder; its bias, its epsilon and whether blocks are recomputed are those of the encoder. */
export interface DecoderSizes {
  readonly decoderWidth: number
  readonly decoderDepth: number
  readonly decoderHeads: number
  /** Width of the hidden layer of each MLP: 4 x decoder width. */
  readonly decoderMlpWidth?: number | undefined
}

export const decoderOf = ({
  decoderWidth,
  decoderDepth,
  decoderHeads,
  decoderMlpWidth,
  qkvBias,
  epsilon,
  recomputeBlocks,
}: DecoderSizes & Stack): Stack => ({
  width: decoderWidth,
  depth: decoderDepth,
  heads: decoderHeads,
  mlpWidth: decoderMlpWidth,
  qkvBias,
  epsilon,
  recomputeBlocks,
})

/** Initial values of a linear layer [output, input]. */
export type LinearInitializer = (output: number, input: number) => Initializer

const publishedEpsilon = 1e-6

/** Names and shapes of the blocks `0.` to `depth - 1.`. `familyBias` holds unless the stack names another. */
export function blockParameters(stack: Stack, familyBias: QkvBias, initialize: LinearInitializer): ParameterSpec[] {
  const block = oneBlock(stack, familyBias, initialize)
  return Array.from({ length: stack.depth }, (_, index) => prefixed(`${index}.`, block)).flat()
}

function oneBlock(stack: Stack, familyBias: QkvBias, initialize: LinearInitializer): ParameterSpec[] {
  const { width, mlpWidth = 4 * width, qkvBias = familyBias } = stack
  return [
    ...normParameters('norm1', width),
    ...(qkvBias === 'separate' ? [vector('attn.q_bias', width, zeros), vector('attn.v_bias', width, zeros)] : []),
    matrix('attn.qkv.weight', [3 * width, width], initialize(3 * width, width)),
    ...(qkvBias === 'joint' ? [vector('attn.qkv.bias', 3 * width, zeros)] : []),
    ...linearParameters('attn.proj', width, width, initialize(width, width)),
    ...normParameters('norm2', width),
    ...linearParameters('mlp.fc1', mlpWidth, width, initialize(mlpWidth, width)),
    ...linearParameters('mlp.fc2', width, mlpWidth, initialize(width, mlpWidth)),
  ]
}

/**
 * Transformer blocks with the norm before each branch (Dosovitskiy et al. 2021): [B, N, D] -> [B, N, D].
 * `weights` begin at the first block. `dropPath` [2 x depth, B] holds, for each block, the factors of its attention
 * branch and of its MLP branch per sample (0 or 1 / keep). `familyBias` holds unless the stack names another.
 */
export function blocks(
  stack: Stack,
  familyBias: QkvBias,
  weights: Weights,
  tokens: tf.Tensor,
  dropPath?: tf.Tensor,
): tf.Tensor {
  const compute = stack.recomputeBlocks === true ? recomputedBlock : block
  const rowsOf = (index: number) => dropPath?.slice([2 * index, 0], [2, dropPath.shape[1] ?? 0])
  let x = tokens
  for (let index = 0; index < stack.depth; index++)
    x = compute(stack, familyBias, within(weights, `${index}.`), x, rowsOf(index))
  return x
}

/** One block; `dropPath` [2, B] holds its two rows. */
function block(
  { heads, epsilon, qkvBias }: Stack,
  familyBias: QkvBias,
  weights: Weights,
  tokens: tf.Tensor,
  dropPath?: tf.Tensor,
): tf.Tensor {
  const x = tokens.add(scaled(selfAttention(weights, qkvBias ?? familyBias, heads, tokens, epsilon), dropPath, 0))
  return x.add(scaled(mlp(weights, x, epsilon), dropPath, 1))
}

/** A block that keeps only its inputs for the gradient. */
function recomputedBlock(
  stack: Stack,
  familyBias: QkvBias,
  weights: Weights,
  tokens: tf.Tensor,
  dropPath?: tf.Tensor,
): tf.Tensor {
  const names = oneBlock(stack, familyBias, () => zeros).map(({ name }) => name)
  const compute = recomputed((x, { dropPath, ...own }) => block(stack, familyBias, weightsOf(own), x, dropPath))
  return compute(tokens, {
    ...Object.fromEntries(names.map((name) => [name, weights(name)])),
    ...(dropPath === undefined ? {} : { dropPath }),
  })
}

/** LayerNorm over channels. */
export const norm = (weights: Weights, x: tf.Tensor, epsilon = publishedEpsilon): tf.Tensor =>
  layerNorm(x, weights('weight'), weights('bias'), epsilon)

/** LayerNorm over channels without scale and shift, as `norm_feature` applies to teacher features. */
export const plainNorm = (x: tf.Tensor): tf.Tensor => layerNorm(x, undefined, undefined, publishedEpsilon)

/** A linear layer with bias: [.., In] -> [.., Out]. */
export const project = (weights: Weights, x: tf.Tensor): tf.Tensor => linear(x, weights('weight'), weights('bias'))

/** Names and shapes of the patch embedding, a convolution; `kernel` is [patch, patch] for images and [tubelet, patch, patch] for clips. */
export function patchParameters(
  width: number,
  kernel: readonly number[],
  initialize?: LinearInitializer,
): ParameterSpec[] {
  const input = 3 * sizeOf(kernel)
  const convolution = convolutionUniform(input)
  return [
    matrix('patch_embed.proj.weight', [width, 3, ...kernel], initialize?.(width, input) ?? convolution),
    vector('patch_embed.proj.bias', width, convolution),
  ]
}

/** A class token's parameter. It gets no weight decay in VideoMAE and MVD; In MAE it does. */
export const classTokenParameter = (width: number, initialize: Initializer, isDecayed: boolean): ParameterSpec => ({
  ...matrix('cls_token', [1, 1, width], initialize),
  isDecayed,
})

/** Prepends one token [1, 1, D] to those of each sample [B, N, D] -> [B, 1 + N, D]. */
export function prepend(token: tf.Tensor, tokens: tf.Tensor): tf.Tensor {
  const batch = tokens.shape[0] ?? 0
  // A sum, because its gradient is a plain sum.
  return tf.concat([tf.zeros([batch, 1, token.size]).add(token), tokens], 1)
}

/** Removes the first token of each sample: [B, 1 + N, D] -> [B, N, D]. */
export function withoutFirst(tokens: tf.Tensor): tf.Tensor {
  const [batch, count, width] = tokens.shape as [number, number, number]
  return tokens.slice([0, 1, 0], [batch, count - 1, width])
}

/** Embeds cubes [B, N, cube] -> [B, N, D]: the published convolution as one product, since its stride is its kernel. */
export function embedPatches(weights: Weights, cubes: tf.Tensor): tf.Tensor {
  const kernel = weights('patch_embed.proj.weight')
  const width = kernel.shape[0] ?? 0
  return linear(cubes, kernel.reshape([width, kernel.size / width]), weights('patch_embed.proj.bias'))
}

function selfAttention(block: Weights, bias: QkvBias, heads: number, x: tf.Tensor, epsilon?: number): tf.Tensor {
  const qkv = normLinear(
    x,
    block('norm1.weight'),
    block('norm1.bias'),
    epsilon ?? publishedEpsilon,
    block('attn.qkv.weight'),
    biases[bias](block),
  )
  return project(within(block, 'attn.proj.'), attention(qkv, heads))
}

const biases: Record<QkvBias, (block: Weights) => tf.Tensor | undefined> = {
  joint: (block) => withoutKeyNoise(block('attn.qkv.bias')),
  separate: (block) => tf.concat([block('attn.q_bias'), tf.zeros(block('attn.q_bias').shape), block('attn.v_bias')]),
  none: () => undefined,
}

/**
 * The unchanged bias, with a gradient of exactly zero for keys: a key bias shifts all scores of a query equally, which the
 * softmax cancels. A computed gradient would be rounding noise, and AdamW would scale that noise up.
 */
const withoutKeyNoise = tf.customGrad((...args) => {
  const [bias] = args as [tf.Tensor]
  const width = bias.size / 3
  const gradFunc = (gradient: tf.Tensor) =>
    gradient.mul(tf.concat([tf.ones([width]), tf.zeros([width]), tf.ones([width])]))
  return { value: bias.clone(), gradFunc }
})

function mlp(block: Weights, x: tf.Tensor, epsilon?: number): tf.Tensor {
  const hidden = normLinear(
    x,
    block('norm2.weight'),
    block('norm2.bias'),
    epsilon ?? publishedEpsilon,
    block('mlp.fc1.weight'),
    block('mlp.fc1.bias'),
  )
  return geluLinear(hidden, block('mlp.fc2.weight'), block('mlp.fc2.bias'))
}

function scaled(branch: tf.Tensor, dropPath: tf.Tensor | undefined, row: number): tf.Tensor {
  if (dropPath === undefined) return branch
  const batch = branch.shape[0] ?? 0
  return branch.mul(dropPath.slice([row, 0], [1, batch]).reshape([batch, 1, 1]))
}
