import { StudioError } from '#contract/api/errors.ts'
import { videoMaeClassifierPairs, videoMaePairs } from '../../checkpoint/names/huggingface-videomae.ts'
import { vitMaePairs } from '../../checkpoint/names/huggingface-vit-mae.ts'
import { type NamePair } from '../../checkpoint/names/pairs.ts'
import type { ExportSource } from '../format.ts'
import type { ExportModel } from '../model.ts'

/** A model as the transformers library has it: which class, and what each tensor is called there. */
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
 * @throws StudioError `bad-request` with the reason, where the library has no such model.
 */
export function huggingFaceLayout({ model }: Pick<ExportSource, 'model'>): HuggingFaceLayout {
  switch (model.kind) {
    case 'image-autoencoder':
      requireBias(model.config.qkvBias ?? 'joint', ['joint', 'none'])
      return { architecture: 'ViTMAEForPreTraining', pairs: vitMaePairs(model.config.depth, model.config.decoderDepth) }
    case 'image-encoder':
      requireBias(model.config.qkvBias ?? 'joint', ['joint', 'none'])
      return { architecture: 'ViTMAEModel', pairs: vitMaePairs(model.config.depth, 0, '') }
    case 'video-autoencoder':
      requireBias(model.config.qkvBias ?? 'separate', ['separate', 'none'])
      return {
        architecture: 'VideoMAEForPreTraining',
        pairs: videoMaePairs(model.config.depth, model.config.decoderDepth),
      }
    case 'video-encoder':
      requireBias(model.config.qkvBias ?? 'separate', ['separate', 'none'])
      return { architecture: 'VideoMAEModel', pairs: videoMaePairs(model.config.depth, 0, '') }
    case 'classifier':
      requireFlatClip(model.config, model.config.positions)
      return { architecture: 'VideoMAEForVideoClassification', pairs: videoMaeClassifierPairs(model.config.depth) }
    case 'clip-encoder':
      requireFlatClip(model.config, model.positions)
      return { architecture: 'VideoMAEModel', pairs: videoMaeClassifierPairs(model.config.depth, '') }
    case 'student':
      throw refuse(
        'An MVD student has the 3-D position table and decoders that predict the features of teachers; the transformers library has neither',
      )
  }
}

type Bias = NonNullable<ExportModel['config']['qkvBias']>

function requireBias(bias: Bias, known: readonly Bias[]): void {
  if (!known.includes(bias))
    throw refuse(
      `The attention of this model has ${bias === 'joint' ? 'one bias for queries, keys and values' : 'a bias for queries and one for values only'}, which the transformers library does not give this kind of model`,
    )
}

function requireFlatClip(
  { hasClassToken, qkvBias }: { hasClassToken?: boolean | undefined; qkvBias?: Bias | undefined },
  positions: 'flat' | 'space-time',
): void {
  if (positions === 'space-time')
    throw refuse(
      "This model has MVD's 3-D position table; VideoMAE in the transformers library computes the flat one, and would give other results",
    )
  if (hasClassToken === true)
    throw refuse('This model has a class token, which VideoMAE in the transformers library does not')
  requireBias(qkvBias ?? 'separate', ['separate', 'none'])
}

const refuse = (reason: string) =>
  new StudioError('bad-request', `${reason}.`, 'Export it as safetensors, pytorch, onnx or tfjs.')
