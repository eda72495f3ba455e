import type { NamedHostTensors } from '../tensor/host-tensor.ts'
import type * as tf from '../tensor/tf.ts'
import { normal, truncatedNormal } from './initializers.ts'
import {
  linearParameters,
  normParameters,
  type ParameterSpec,
  prefixed,
  selectParameters,
  type Weights,
  within,
} from './parameters.ts'
import { type ClipGeometry, clipKernel, cubes } from './patches.ts'
import { type ClipEncoder, type ClipPositions, clipTable, encodeCubes, learnedTable } from './video-autoencoder.ts'
import { blockParameters, classTokenParameter, norm, patchParameters, project, withoutFirst } from './vit.ts'

/** A fine-tuned encoder: mean over the patch tokens, a norm and a linear head; with `pooling: 'first'` a norm and the first token alone. */
export interface ClassifierConfig extends ClipGeometry, ClipEncoder {
  readonly classes: number
  /** The 3-D table of MVD, the flat one if the encoder comes from VideoMAE, or a learned one. */
  readonly positions: ClipPositions
  /** Factor on the initial weights of the head. */
  readonly headInitScale: number
  /** Mean in every published recipe. Some checkpoints from other sources use the first token. */
  readonly pooling?: 'mean' | 'first' | undefined
  /** Epsilon of the norm after the mean: 1e-6 by default. */
  readonly headNormEpsilon?: number | undefined
}

export function classifierParameters(config: ClassifierConfig): ParameterSpec[] {
  return [
    ...clipEncoderParameters(config),
    ...normParameters(config.pooling === 'first' ? 'norm' : 'fc_norm', config.width),
    ...linearParameters('head', config.classes, config.width, normal(0.02 * config.headInitScale)),
  ]
}

/** Class scores before the softmax: video [B, 3, T, H, W] -> [B, classes]. `dropPath` is [2 x depth, B], `headDropout` [B, D]. */
export function classify(
  config: ClassifierConfig,
  weights: Weights,
  video: tf.Tensor,
  dropPath?: tf.Tensor,
  headDropout?: tf.Tensor,
): tf.Tensor2D {
  const tokens = encodeCubes(
    config,
    weights,
    cubes(video, config),
    clipTable(config, config.positions, weights),
    dropPath,
  )
  const pooled = pool(config, weights, tokens)
  return project(within(weights, 'head.'), headDropout === undefined ? pooled : pooled.mul(headDropout)) as tf.Tensor2D
}

function pool(config: ClassifierConfig, weights: Weights, tokens: tf.Tensor): tf.Tensor {
  if (config.pooling !== 'first') {
    const patches = config.hasClassToken === true ? withoutFirst(tokens) : tokens
    return norm(within(weights, 'fc_norm.'), patches.mean(1), config.headNormEpsilon)
  }
  const [batch, , width] = tokens.shape as [number, number, number]
  return norm(
    within(weights, 'norm.'),
    tokens.slice([0, 0, 0], [batch, 1, width]).reshape([batch, width]),
    config.epsilon,
  )
}

/**
 * Combines the encoder of another model, named without a prefix, with a new norm and head. A final norm of the other model
 * is not used, as published.
 * @throws StudioError `checkpoint-invalid` if a tensor is missing or has another shape.
 */
export function classifierFromEncoder(
  config: ClassifierConfig,
  fresh: NamedHostTensors,
  encoder: NamedHostTensors,
  origin: string,
): NamedHostTensors {
  return { ...fresh, ...selectParameters(clipEncoderParameters(config), encoder, origin) }
}

/** An encoder of clips without its final norm, named without a prefix. */
export function clipEncoderParameters(
  config: ClipGeometry & ClipEncoder & { readonly positions?: ClipPositions },
): ParameterSpec[] {
  return [
    ...learnedTable(config),
    ...(config.hasClassToken === true ? [classTokenParameter(config.width, truncatedNormal(0.02), false)] : []),
    ...patchParameters(config.width, clipKernel(config)),
    ...prefixed(
      'blocks.',
      blockParameters(config, 'separate', () => normal(0.02)),
    ),
  ]
}
