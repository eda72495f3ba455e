import { z } from 'zod'
import { formatQuantity } from '../format.ts'

/** Kinds of models. MAE and VideoMAE may lack their decoders; a clip encoder has no head. */
export const modelLayouts = ['mae', 'videomae', 'mvd-student', 'classifier', 'clip-encoder'] as const
export const modelLayout = z.enum(modelLayouts)
export type ModelLayout = z.infer<typeof modelLayout>

/** Whose position table a model has: MAE's over an image, VideoMAE's over the flat token index, MVD's over time, rows and columns. */
export const modelFamilies = ['mae', 'videomae', 'mvd'] as const
export const modelFamily = z.enum(modelFamilies)
export type ModelFamily = z.infer<typeof modelFamily>

export const familyTitles: Record<ModelFamily, string> = { mae: 'MAE', videomae: 'VideoMAE', mvd: 'MVD' }

interface LayoutFacts {
  readonly title: string
  /** Null if models of several families share the layout, so that the family must be given. */
  readonly family: ModelFamily | null
  readonly sees: 'images' | 'clips'
}

/** Facts about each layout that need no tensors; `model/layouts.ts` of the training program says how each is computed. */
export const layoutFacts: Readonly<Record<ModelLayout, LayoutFacts>> = {
  mae: { title: 'MAE on images', family: 'mae', sees: 'images' },
  videomae: { title: 'VideoMAE', family: 'videomae', sees: 'clips' },
  'mvd-student': { title: 'MVD student', family: 'mvd', sees: 'clips' },
  classifier: { title: 'Fine-tuned classifier', family: null, sees: 'clips' },
  'clip-encoder': { title: 'Clip encoder', family: null, sees: 'clips' },
}

/** A stack of transformer blocks. `heads` is null if unknown, because the shapes of tensors do not depend on it. */
export const stackSizes = z.object({ width: z.int(), depth: z.int(), heads: z.int().nullable(), mlpWidth: z.int() })
export type StackSizes = z.infer<typeof stackSizes>

/** Sizes of a model. Unknown ones are null. */
export const modelSizes = stackSizes.extend({
  /** One bias for queries, keys and values, one each for queries and values, or none. */
  qkvBias: z.enum(['joint', 'separate', 'none']),
  /** Epsilon of the norms: 1e-6 in every published model; Hugging Face configurations set their own. */
  epsilon: z.number(),
  /** Epsilon of the norm before a decoder's or classifier's head. */
  headNormEpsilon: z.number(),
  patchSize: z.int(),
  /** 1 for images. */
  tubeletSize: z.int(),
  /** Tokens of an image or clip, without class token. */
  tokens: z.int().nullable(),
  imageSize: z.int().nullable(),
  frames: z.int().nullable(),
  hasClassToken: z.boolean(),
  hasEncoderNorm: z.boolean(),
  decoder: stackSizes.nullable(),
  /** Width of the features that each branch of a student predicts; null if it has no such branch. */
  imageTargetWidth: z.int().nullable(),
  videoTargetWidth: z.int().nullable(),
  /** Values that an autoencoder predicts per token. */
  pixelTargetWidth: z.int().nullable(),
  classes: z.int().nullable(),
  pooling: z.enum(['mean', 'first']),
})
export type ModelSizes = z.infer<typeof modelSizes>

/** Everything that is needed to compute a model from its tensors. Null fields must be set before the model is used. */
export const modelDescription = z.object({
  layout: modelLayout,
  family: modelFamily.nullable(),
  sizes: modelSizes,
  /** Whether its position table was learned and so cannot be computed for another grid. */
  hasLearnedPositions: z.boolean().default(false),
})
export type ModelDescription = z.infer<typeof modelDescription>

/** A model in a few words: `VideoMAE, width 768, depth 12, patch 16`. */
export function describeModel({ layout, family, sizes }: ModelDescription): string {
  const facts = layoutFacts[layout]
  const title =
    layout === 'classifier' && sizes.classes !== null
      ? `${facts.title} of ${formatQuantity(sizes.classes, 'class', 'classes')}`
      : facts.title
  const origin = facts.family === null && family !== null ? ` (${familyTitles[family]})` : ''
  return `${title}${origin}, width ${sizes.width}, depth ${sizes.depth}, patch ${sizes.patchSize}`
}
