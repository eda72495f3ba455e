import { StudioError } from '#contract/api/errors.ts'
import type { ModelDescription, ModelFamily, ModelSizes, StackSizes } from '#contract/domain/model.ts'
import type { NamedHostTensors, NamedTensors } from '../../tensor/host-tensor.ts'
import type { Tensor, Tensor3D } from '../../tensor/tf.ts'
import { type ParameterSpec, selectParameters, type Weights } from '../parameters.ts'
import type { ClipGeometry } from '../patches.ts'
import type { ClipPositions } from '../video-autoencoder.ts'
import { type DecoderSizes, norm, type Stack } from '../vit.ts'

type KnownStack = StackSizes & { readonly heads: number }

/** Sizes of a model that can be computed: every number of attention heads is known. */
export interface KnownSizes extends Omit<ModelSizes, 'heads' | 'decoder'> {
  readonly heads: number
  readonly decoder: KnownStack | null
}

/** A model description that can be computed. `origin` names the model in errors. */
export interface KnownModel {
  readonly sizes: KnownSizes
  readonly positions: ClipPositions
  readonly origin: string
}

/** Predicts masked tokens: pixels, `visible` int32 [B, Nv], `masked` int32 [B, Nm] -> predictions [B, Nm, ..] by name. */
export type Prediction = (weights: Weights, pixels: Tensor, visible: Tensor, masked: Tensor) => NamedTensors

/** A whole model for images or clips of one size. Weights have their published names. */
export interface Model {
  readonly layout: ModelDescription['layout']
  /** `image` [B, 3, S, S] or `video` [B, 3, T, S, S], both normalised. */
  readonly input: 'image' | 'video'
  /** An image is a clip of one frame with a tubelet of one frame. */
  readonly geometry: ClipGeometry
  readonly sizes: KnownSizes
  /** Position table of a model of clips. */
  readonly positions: ClipPositions
  /**
   * Without masking: `logits` [B, classes] of a classifier; otherwise `last_block` [B, tokens, D], class token first, and `features`, the
   * same after the encoder's final norm if it has one.
   */
  encode(weights: Weights, pixels: Tensor): NamedTensors
  /** Undefined for a model without a decoder. */
  readonly predict: Prediction | undefined
}

/** The frozen encoder of any model on clips: a teacher, or the model under a probe. */
export interface FrozenEncoder {
  /** The clip that it sees. */
  readonly geometry: ClipGeometry
  readonly width: number
  /** The encoder's tensors, without the prefix of their published names. */
  readonly parameters: NamedHostTensors
  /** Features after the last block, before any final norm, without the class token: video [B, 3, T, S, S] -> [B, N, D]. */
  features(weights: Weights, video: Tensor): Tensor3D
}

/** What differs between layouts. `Config` holds everything that the functions of one layout need. */
interface LayoutDefinition<Config extends ClipGeometry & Stack> {
  readonly layout: ModelDescription['layout']
  readonly input: 'image' | 'video'
  /** Prefix of the encoder's published names. */
  readonly encoderPrefix: '' | 'encoder.'
  /** Prefixes of the blocks of each decoder that a model of this layout may have. */
  readonly decoderPrefixes: readonly string[]
  /** Rows of `pos_embed` without a patch. */
  readonly extraPositions: 0 | 1
  /** Whether the published files have the position table. Others have one only if it was learned. */
  readonly storesPositions: boolean
  /** Attention heads of a published decoder of this width; null if there is none. */
  decoderHeads(width: number): number | null
  config(model: KnownModel, geometry: ClipGeometry): Config
  /** Of the whole model, under published names. */
  parameters(config: Config, model: KnownModel): ParameterSpec[]
  encode(config: Config, model: KnownModel, weights: Weights, pixels: Tensor): NamedTensors
  predict(config: Config, model: KnownModel): Prediction | undefined
  /** Of the encoder without its final norm and without a prefix. */
  encoderParameters(config: Config): ParameterSpec[]
  features(config: Config, weights: Weights, video: Tensor): Tensor3D
  /** Changes to the encoder's tensors that another clip requires. */
  adapt?(config: Config, tensors: NamedHostTensors): NamedHostTensors
}

type LayoutNames =
  | 'layout'
  | 'input'
  | 'encoderPrefix'
  | 'decoderPrefixes'
  | 'extraPositions'
  | 'storesPositions'
  | 'decoderHeads'

/** One row of the table of layouts. */
export interface Layout extends Pick<LayoutDefinition<ClipGeometry & Stack>, LayoutNames> {
  /**
   * Names and shapes of all tensors. Unknown heads and the family do not affect them.
   * @throws StudioError `checkpoint-invalid` for a student without decoders.
   */
  parameters(
    model: Pick<ModelDescription, 'sizes' | 'hasLearnedPositions'>,
    geometry: ClipGeometry,
    origin: string,
  ): ParameterSpec[]
  /** @throws StudioError `checkpoint-invalid` if the family or a number of heads is unknown. */
  open(description: ModelDescription, geometry: ClipGeometry, origin: string): Model
  /**
   * Selects the encoder from the tensors of the whole model.
   * @throws StudioError `checkpoint-invalid` if the family or the encoder's number of heads is unknown, or a tensor is missing or has
   * another shape.
   */
  openEncoder(
    description: ModelDescription,
    tensors: NamedHostTensors,
    geometry: ClipGeometry,
    origin: string,
  ): FrozenEncoder
  /** The tensors of the encoder, without its prefix. */
  encoderTensors(tensors: NamedHostTensors): NamedHostTensors
}

export function defineLayout<Config extends ClipGeometry & Stack>(definition: LayoutDefinition<Config>): Layout {
  const { layout, input, encoderPrefix, decoderPrefixes, extraPositions, storesPositions } = definition
  const encoderTensors = (tensors: NamedHostTensors): NamedHostTensors =>
    encoderPrefix === ''
      ? tensors
      : Object.fromEntries(
          Object.entries(tensors).flatMap(([name, tensor]) =>
            name.startsWith(encoderPrefix) ? [[name.slice(encoderPrefix.length), tensor] as const] : [],
          ),
        )
  return {
    layout,
    input,
    encoderPrefix,
    decoderPrefixes,
    extraPositions,
    storesPositions,
    decoderHeads: (width) => definition.decoderHeads(width),
    encoderTensors,
    parameters({ sizes, hasLearnedPositions }, geometry, origin) {
      const positions = hasLearnedPositions ? 'learned' : 'space-time'
      const model: KnownModel = { sizes: withAnyHeads(sizes), positions, origin }
      return definition.parameters(definition.config(model, geometry), model)
    },
    open(description, geometry, origin) {
      const model = knownModel(description, origin)
      const config = definition.config(model, geometry)
      return {
        layout,
        input,
        geometry,
        sizes: model.sizes,
        positions: model.positions,
        encode: (weights, pixels) => definition.encode(config, model, weights, pixels),
        predict: definition.predict(config, model),
      }
    },
    openEncoder({ sizes, ...description }, tensors, geometry, origin) {
      const model = knownModel({ ...description, sizes: { ...sizes, decoder: null } }, origin)
      const config = definition.config(model, geometry)
      const own = encoderTensors(tensors)
      return {
        geometry,
        width: sizes.width,
        parameters: selectParameters(
          definition.encoderParameters(config),
          definition.adapt?.(config, own) ?? own,
          origin,
        ),
        features: (weights, video) => definition.features(config, weights, video),
      }
    },
  }
}

/** What a model is computed from. Without `hasLearnedPositions` the position table is computed. */
type Computable = Pick<ModelDescription, 'family' | 'sizes'> & Partial<Pick<ModelDescription, 'hasLearnedPositions'>>

/** @throws StudioError `checkpoint-invalid` if a number of heads is unknown, or the family of a model that computes its position table. */
export const knownModel = ({ family, sizes, hasLearnedPositions }: Computable, origin: string): KnownModel => ({
  positions: hasLearnedPositions === true ? 'learned' : positionsOf(family, origin),
  sizes: knownSizes(sizes, origin),
  origin,
})

/** Attention heads of `headWidth` channels; null if the width is not a multiple of it. */
export const headsOfWidth = (headWidth: number, width: number): number | null =>
  width > 0 && width % headWidth === 0 ? width / headWidth : null

/** The fields of a configuration that describe the encoder's blocks. */
export const encoderStack = ({ width, depth, heads, mlpWidth, qkvBias, epsilon }: KnownSizes): Stack => ({
  width,
  depth,
  heads,
  mlpWidth,
  qkvBias,
  epsilon,
})

/** The fields of a configuration that describe the decoder; empty if there is none. */
export const decoderSizes = ({ decoder }: KnownSizes): Partial<DecoderSizes> =>
  decoder === null
    ? {}
    : {
        decoderWidth: decoder.width,
        decoderDepth: decoder.depth,
        decoderHeads: decoder.heads,
        decoderMlpWidth: decoder.mlpWidth,
      }

/** Whether a configuration describes a decoder. */
export const hasDecoder = <C extends Partial<DecoderSizes>>(config: C): config is C & DecoderSizes =>
  config.decoderWidth !== undefined

/** The two outputs of an encoder without a head. `normWeights` start at its final norm. */
export const encoded = (
  lastBlock: Tensor,
  { sizes: { hasEncoderNorm, epsilon } }: KnownModel,
  normWeights: Weights,
): NamedTensors => ({
  last_block: lastBlock,
  ...(hasEncoderNorm ? { features: norm(normWeights, lastBlock, epsilon) } : {}),
})

/** @throws StudioError `checkpoint-invalid` if the family is unknown. */
function positionsOf(family: ModelFamily | null, origin: string): ClipPositions {
  if (family === null)
    throw new StudioError(
      'checkpoint-invalid',
      `It is unknown whether ${origin} has the position table of VideoMAE or that of MVD.`,
      'Set its family to videomae or mvd.',
    )
  return clipPositionsOf(family)
}

/** The position table with which a model of clips was trained: a flat one for VideoMAE, one over time, rows and columns for MVD. */
export const clipPositionsOf = (family: ModelFamily | null): ClipPositions =>
  family === 'videomae' ? 'flat' : 'space-time'

function knownSizes(sizes: ModelSizes, origin: string): KnownSizes {
  const { width, heads, decoder } = sizes
  return {
    ...sizes,
    heads: heads ?? refuseHeads(origin, 'model', width),
    decoder:
      decoder === null ? null : { ...decoder, heads: decoder.heads ?? refuseHeads(origin, 'decoder', decoder.width) },
  }
}

const withAnyHeads = (sizes: ModelSizes): KnownSizes => ({
  ...sizes,
  heads: sizes.heads ?? 1,
  decoder: sizes.decoder === null ? null : { ...sizes.decoder, heads: sizes.decoder.heads ?? 1 },
})

function refuseHeads(origin: string, stack: 'model' | 'decoder', width: number): never {
  throw new StudioError(
    'checkpoint-invalid',
    `The number of attention heads of ${origin} cannot be inferred: no published ${stack} has a width of ${width}.`,
    'Use a checkpoint with a config.json, or one of a published size.',
  )
}
