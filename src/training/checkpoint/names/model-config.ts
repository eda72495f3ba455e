import { StudioError } from '#contract/api/errors.ts'
import type { ClassifierConfig } from '../../model/classifier.ts'
import type { ImageAutoencoderConfig, ImageEncoderConfig } from '../../model/image-autoencoder.ts'
import type { ClipGeometry } from '../../model/patches.ts'
import type { VideoAutoencoderConfig } from '../../model/video-autoencoder.ts'
import type { DecoderSizes, Stack } from '../../model/vit.ts'
import type { Sizes } from './sizes.ts'

// Models as the studio computes them, of recognised sizes. All throw `checkpoint-invalid` where something has to be told
// by the person because neither the file nor the published models tell it; `origin` names the checkpoint.

/** What the model sees: of frames and crop nothing is known from weights alone. */
export type Clip = Pick<ClipGeometry, 'frames' | 'imageSize'>

export const imageEncoderOf = (sizes: Sizes, imageSize: number, origin: string): ImageEncoderConfig => ({
  ...encoderOf(sizes, origin),
  patchSize: sizes.patchSize,
  imageSize,
})

export const imageAutoencoderOf = (sizes: Sizes, imageSize: number, origin: string): ImageAutoencoderConfig => ({
  ...imageEncoderOf(sizes, imageSize, origin),
  ...decoderOf(sizes, origin),
})

export const videoAutoencoderOf = (sizes: Sizes, clip: Clip, origin: string): VideoAutoencoderConfig => ({
  ...geometryOf(sizes, clip),
  ...encoderOf(sizes, origin),
  ...decoderOf(sizes, origin),
  hasEncoderNorm: sizes.hasEncoderNorm,
  decoderNormEpsilon: sizes.headNormEpsilon,
})

/** `positions` cannot be told from a file: VideoMAE's fine-tuned models have the flat table, MVD's the 3-D one. */
export function classifierOf(
  sizes: Sizes,
  clip: Clip,
  positions: ClassifierConfig['positions'],
  origin: string,
): ClassifierConfig {
  const { hasClassToken, pooling, headNormEpsilon } = sizes
  const classes = sizes.classes ?? refuse(origin, 'has no head')
  return {
    ...geometryOf(sizes, clip),
    ...encoderOf(sizes, origin),
    hasClassToken,
    pooling,
    headNormEpsilon,
    classes,
    positions,
    headInitScale: 1,
  }
}

const geometryOf = ({ tubeletSize, patchSize }: Sizes, { frames, imageSize }: Clip): ClipGeometry => ({
  frames,
  imageSize,
  tubeletSize,
  patchSize,
})

function encoderOf({ width, depth, heads, mlpWidth, qkvBias, epsilon }: Sizes, origin: string): Stack {
  return {
    width,
    depth,
    heads: heads ?? refuse(origin, `has a width of ${width}, of which no published model tells the number of heads`),
    mlpWidth,
    qkvBias,
    epsilon,
  }
}

function decoderOf({ decoder }: Sizes, origin: string): DecoderSizes {
  if (decoder === null) return refuse(origin, 'has no decoder')
  const { width, depth, heads, mlpWidth } = decoder
  return {
    decoderWidth: width,
    decoderDepth: depth,
    decoderHeads:
      heads ?? refuse(origin, `has a decoder of width ${width}, of which no published model tells the number of heads`),
    decoderMlpWidth: mlpWidth,
  }
}

function refuse(origin: string, problem: string): never {
  throw new StudioError(
    'checkpoint-invalid',
    `${origin} ${problem}.`,
    'Use a checkpoint with a config.json beside it, or one of a published size.',
  )
}
