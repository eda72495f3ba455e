import { StudioError } from '#contract/api/errors.ts'
import type { ModelDescription } from '#contract/domain/model.ts'
import {
  classifierOf,
  imageAutoencoderOf,
  imageEncoderOf,
  videoAutoencoderOf,
} from '../checkpoint/names/model-config.ts'
import type { ClassifierConfig } from '../model/classifier.ts'
import type { ImageAutoencoderConfig, ImageEncoderConfig } from '../model/image-autoencoder.ts'
import type { ClipGeometry } from '../model/patches.ts'
import type { StudentConfig } from '../model/student.ts'
import type { ClipEncoder, VideoAutoencoderConfig, VideoEncoderConfig } from '../model/video-autoencoder.ts'

/** A model with all that is needed to compute it. `hasNorm` tells whether an encoder has a final norm. */
export type ExportModel =
  | { readonly kind: 'image-autoencoder'; readonly config: ImageAutoencoderConfig; readonly hasNorm: boolean }
  | { readonly kind: 'image-encoder'; readonly config: ImageEncoderConfig; readonly hasNorm: boolean }
  | { readonly kind: 'video-autoencoder'; readonly config: VideoAutoencoderConfig; readonly hasNorm: boolean }
  | { readonly kind: 'video-encoder'; readonly config: VideoEncoderConfig; readonly hasNorm: boolean }
  | { readonly kind: 'student'; readonly config: StudentConfig; readonly hasNorm: boolean }
  | { readonly kind: 'classifier'; readonly config: ClassifierConfig }
  | {
      readonly kind: 'clip-encoder'
      readonly config: ClipEncoder & ClipGeometry
      readonly positions: ClassifierConfig['positions']
      readonly hasNorm: boolean
    }

/**
 * What of a model may be assumed where nothing tells it, because what is written does not depend on it: nothing, what only its
 * decoder needs, or everything. Both sides of a comparison assume the same, so it cannot hide a difference.
 */
export type Assumption = 'nothing' | 'decoder' | 'everything'

/** A description completed by what may be assumed. */
export function assume(what: Assumption, description: ModelDescription): ModelDescription {
  if (what === 'nothing') return description
  const { family, sizes } = description
  const decoder = sizes.decoder === null ? null : { ...sizes.decoder, heads: sizes.decoder.heads ?? 1 }
  if (what === 'decoder') return { ...description, sizes: { ...sizes, decoder } }
  const isTableUnknown = description.hasLearnedPositions && (sizes.frames === null || sizes.imageSize === null)
  return {
    ...description,
    hasLearnedPositions: false,
    family: family ?? 'videomae',
    sizes: { ...sizes, ...(isTableUnknown ? clipOfTokens(sizes) : {}), heads: sizes.heads ?? 1, decoder },
  }
}

/** Some clip that has as many tokens as a position table: squares as large as can be, one behind the other. */
function clipOfTokens({ tokens, patchSize, tubeletSize }: ModelDescription['sizes']): {
  imageSize: number
  frames: number
} {
  let side = Math.floor(Math.sqrt(tokens ?? 1))
  while ((tokens ?? 1) % (side * side) !== 0) side -= 1
  return { imageSize: side * patchSize, frames: ((tokens ?? 1) / (side * side)) * tubeletSize }
}

/** What the published models see where a checkpoint does not tell: 16 frames, 14 patches along each side (method: 224 px at patch 16). */
const published = { frames: 16, patches: 14 } as const

/**
 * The model of a description. Frames and crop that it does not tell are the published ones.
 * @throws StudioError `checkpoint-invalid` where the family, a number of heads or the clip of a learned position table is not known;
 * `origin` names the checkpoint.
 */
export function exportModel(
  { layout, family, sizes, hasLearnedPositions }: ModelDescription,
  origin: string,
): ExportModel {
  if (hasLearnedPositions && layout === 'mvd-student')
    throw new StudioError(
      'checkpoint-invalid',
      `${origin} has a position table that is neither VideoMAE's nor MVD's, so it is not known how a clip falls into tokens.`,
      'Export it as safetensors or pytorch.',
    )
  const imageSize = sizes.imageSize ?? published.patches * sizes.patchSize
  const clip = { imageSize, frames: sizes.frames ?? published.frames }
  const hasNorm = sizes.hasEncoderNorm
  switch (layout) {
    case 'mae':
      return sizes.decoder === null
        ? { kind: 'image-encoder', config: imageEncoderOf(sizes, imageSize, origin), hasNorm }
        : { kind: 'image-autoencoder', config: imageAutoencoderOf(sizes, imageSize, origin), hasNorm }
    case 'videomae':
      return sizes.decoder === null
        ? { kind: 'video-encoder', config: encoderOfClips(sizes, clip, origin), hasNorm }
        : { kind: 'video-autoencoder', config: videoAutoencoderOf(sizes, clip, origin), hasNorm }
    case 'mvd-student':
      return { kind: 'student', config: studentOf(sizes, clip, origin), hasNorm }
    case 'classifier':
      return { kind: 'classifier', config: classifierOf(sizes, clip, positionsOf(family, origin), origin) }
    case 'clip-encoder':
      return {
        kind: 'clip-encoder',
        config: { ...encoderOfClips(sizes, clip, origin), hasClassToken: sizes.hasClassToken },
        positions: positionsOf(family, origin),
        hasNorm,
      }
  }
}

function studentOf(
  sizes: ModelDescription['sizes'],
  clip: Pick<ClipGeometry, 'frames' | 'imageSize'>,
  origin: string,
): StudentConfig {
  const { imageTargetWidth, videoTargetWidth, hasClassToken } = sizes
  return {
    ...videoAutoencoderOf(sizes, clip, origin),
    hasClassToken,
    ...(imageTargetWidth === null ? {} : { imageTargetWidth }),
    ...(videoTargetWidth === null ? {} : { videoTargetWidth }),
  }
}

const encoderOfClips = (
  sizes: ModelDescription['sizes'],
  clip: Pick<ClipGeometry, 'frames' | 'imageSize'>,
  origin: string,
): VideoEncoderConfig => {
  const { tubeletSize } = sizes
  return { ...imageEncoderOf(sizes, clip.imageSize, origin), frames: clip.frames, tubeletSize }
}

function positionsOf(family: ModelDescription['family'], origin: string): ClassifierConfig['positions'] {
  if (family === null)
    throw new StudioError(
      'checkpoint-invalid',
      `Of ${origin} it is not known whether it has the position table of VideoMAE or that of MVD.`,
      'Tell its family: videomae or mvd.',
    )
  return family === 'videomae' ? 'flat' : 'space-time'
}
