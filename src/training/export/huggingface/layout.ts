import { StudioError } from '#contract/api/errors.ts'
import { videoMaeClassifierPairs, videoMaePairs } from '../../checkpoint/names/huggingface-videomae.ts'
import { vitMaePairs } from '../../checkpoint/names/huggingface-vit-mae.ts'
import { type NamePair } from '../../checkpoint/names/pairs.ts'
import type { Model } from '../../model/layouts.ts'

/** A model in the transformers library: its class, and the name of each tensor there. */
export interface HuggingFaceLayout {
  readonly architecture:
    | 'VideoMAEForPreTraining'
    | 'VideoMAEForVideoClassification'
    | 'VideoMAEModel'
    | 'ViTMAEForPreTraining'
    | 'ViTMAEModel'
  readonly pairs: readonly NamePair[]
}

/**
 * The layout of a model.
 * @throws StudioError `bad-request` with the reason, if the library has no such model.
 */
export function huggingFaceLayout({ model }: { readonly model: Model }): HuggingFaceLayout {
  const { depth, decoder, qkvBias } = model.sizes
  switch (model.layout) {
    case 'mae':
      requireBias(qkvBias, ['joint', 'none'])
      return decoder === null
        ? { architecture: 'ViTMAEModel', pairs: vitMaePairs(depth, 0, '') }
        : { architecture: 'ViTMAEForPreTraining', pairs: vitMaePairs(depth, decoder.depth) }
    case 'videomae':
      requireComputedTable(model)
      requireBias(qkvBias, ['separate', 'none'])
      return decoder === null
        ? { architecture: 'VideoMAEModel', pairs: videoMaePairs(depth, 0, '') }
        : { architecture: 'VideoMAEForPreTraining', pairs: videoMaePairs(depth, decoder.depth) }
    case 'classifier':
      requireFlatClip(model)
      return { architecture: 'VideoMAEForVideoClassification', pairs: videoMaeClassifierPairs(depth) }
    case 'clip-encoder':
      requireFlatClip(model)
      return { architecture: 'VideoMAEModel', pairs: videoMaeClassifierPairs(depth, '') }
    case 'mvd-student':
      throw refuse(
        'An MVD student has the 3-D position table and decoders that predict the features of teachers; the transformers library has neither',
      )
  }
}

type Bias = Model['sizes']['qkvBias']

function requireBias(bias: Bias, known: readonly Bias[]): void {
  if (!known.includes(bias))
    throw refuse(
      `The attention of this model has ${bias === 'joint' ? 'one bias for queries, keys and values' : 'a bias for queries and one for values only'}, which the transformers library does not support for this kind of model`,
    )
}

function requireComputedTable({ positions }: Model): void {
  if (positions === 'learned')
    throw refuse(
      'This model has learned its position table; VideoMAE in the transformers library computes one, and would return other results',
    )
}

function requireFlatClip(model: Model): void {
  const {
    positions,
    sizes: { hasClassToken, qkvBias },
  } = model
  requireComputedTable(model)
  if (positions === 'space-time')
    throw refuse(
      "This model has MVD's 3-D position table; VideoMAE in the transformers library computes the flat one, and would return other results",
    )
  if (hasClassToken) throw refuse('This model has a class token, which VideoMAE in the transformers library does not')
  requireBias(qkvBias, ['separate', 'none'])
}

const refuse = (reason: string) =>
  new StudioError('bad-request', `${reason}.`, 'Export it as safetensors, pytorch, onnx or tfjs.')
