import { z } from 'zod'

/** What a model is. MAE and VideoMAE may come without their decoders, an encoder of clips without a head. */
export const modelLayouts = ['mae', 'videomae', 'mvd-student', 'classifier', 'clip-encoder'] as const
export const modelLayout = z.enum(modelLayouts)
export type ModelLayout = z.infer<typeof modelLayout>

export const layoutTitles: Record<ModelLayout, string> = {
  mae: 'MAE on images',
  videomae: 'VideoMAE',
  'mvd-student': 'MVD student',
  classifier: 'Fine-tuned classifier',
  'clip-encoder': 'Encoder of clips',
}

/** Whose position table a model has: MAE's over an image, VideoMAE's over the flat token index, MVD's over time, rows and columns. */
export const modelFamilies = ['mae', 'videomae', 'mvd'] as const
export const modelFamily = z.enum(modelFamilies)
export type ModelFamily = z.infer<typeof modelFamily>

export const familyTitles: Record<ModelFamily, string> = { mae: 'MAE', videomae: 'VideoMAE', mvd: 'MVD' }

/** A stack of transformer blocks. Heads leave no trace in the shapes of tensors, so they may not be known. */
export const stackSizes = z.object({ width: z.int(), depth: z.int(), heads: z.int().nullable(), mlpWidth: z.int() })
export type StackSizes = z.infer<typeof stackSizes>

/** Sizes of a model, as far as its tensors, their names and what lies beside them tell. */
export const modelSizes = stackSizes.extend({
  /** One bias for queries, keys and values, one each for queries and values, or none. */
  qkvBias: z.enum(['joint', 'separate', 'none']),
  /** Epsilon of the norms: 1e-6 in every published model; Hugging Face configurations name their own. */
  epsilon: z.number(),
  /** Epsilon of the norm before a decoder's or classifier's head. */
  headNormEpsilon: z.number(),
  patchSize: z.int(),
  /** 1 for images. */
  tubeletSize: z.int(),
  /** Tokens of an image or clip, without class token; null where nothing tells. */
  tokens: z.int().nullable(),
  imageSize: z.int().nullable(),
  frames: z.int().nullable(),
  hasClassToken: z.boolean(),
  hasEncoderNorm: z.boolean(),
  decoder: stackSizes.nullable(),
  /** Widths of what each branch of a student predicts; null where there is no such branch. */
  imageTargetWidth: z.int().nullable(),
  videoTargetWidth: z.int().nullable(),
  /** Pixels that an autoencoder predicts for each token. */
  pixelTargetWidth: z.int().nullable(),
  classes: z.int().nullable(),
  pooling: z.enum(['mean', 'first']),
})
export type ModelSizes = z.infer<typeof modelSizes>

/** All that is needed to compute a model from its tensors. What is null has to be told before the model is used. */
export const modelDescription = z.object({
  layout: modelLayout,
  family: modelFamily.nullable(),
  sizes: modelSizes,
  /** Whether its position table was learned, so that none can be computed for another grid. */
  hasLearnedPositions: z.boolean().default(false),
})
export type ModelDescription = z.infer<typeof modelDescription>

/** A model in a few words: `VideoMAE, width 768, depth 12, patch 16`. */
export function describeModel({ layout, family, sizes }: ModelDescription): string {
  const title =
    layout === 'classifier' && sizes.classes !== null
      ? `${layoutTitles[layout]} of ${sizes.classes} classes`
      : layoutTitles[layout]
  const origin =
    (layout === 'classifier' || layout === 'clip-encoder') && family !== null ? ` (${familyTitles[family]})` : ''
  return `${title}${origin}, width ${sizes.width}, depth ${sizes.depth}, patch ${sizes.patchSize}`
}
