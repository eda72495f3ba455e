import { StudioError } from '#contract/api/errors.ts'
import type { ModelDescription, ModelLayout } from '#contract/domain/model.ts'
import { classifier, clipEncoder } from './layouts/classifier.ts'
import type { Layout, Model } from './layouts/definition.ts'
import { mae } from './layouts/mae.ts'
import { mvdStudent } from './layouts/mvd-student.ts'
import { videomae } from './layouts/videomae.ts'
import type { ParameterSpec } from './parameters.ts'
import { type ClipGeometry, tokenCount } from './patches.ts'

export type { FrozenEncoder, Model } from './layouts/definition.ts'

/** Every kind of model: its parameters, its configuration from a description, what it encodes and what it predicts. */
export const layouts: Readonly<Record<ModelLayout, Layout>> = {
  mae,
  videomae,
  'mvd-student': mvdStudent,
  classifier,
  'clip-encoder': clipEncoder,
}

/** Frames of a clip and the side of its crop in pixels. */
type ClipSize = Pick<ClipGeometry, 'frames' | 'imageSize'>

/**
 * Names and shapes of a described model. Without a clip, position tables have one row for each token of the smallest clip.
 * @throws StudioError `configuration-invalid` if the clip does not split into tokens, `checkpoint-invalid` for a student without decoders.
 */
export function modelParameters(
  { layout, sizes, hasLearnedPositions }: Pick<ModelDescription, 'layout' | 'sizes' | 'hasLearnedPositions'>,
  clip: ClipSize | undefined,
  origin: string,
): ParameterSpec[] {
  const { patchSize, tubeletSize } = sizes
  const { frames, imageSize } = clip ?? { frames: tubeletSize, imageSize: patchSize }
  const geometry = { frames, imageSize, patchSize, tubeletSize }
  if (!Number.isInteger(tokenCount(geometry)))
    throw new StudioError(
      'configuration-invalid',
      `A clip of ${frames} frames of ${imageSize} px cannot be split into the checkpoint's tubelets of ${tubeletSize} frames and patches of ${patchSize} px.`,
      'Choose frames and crop as multiples of them.',
    )
  return layouts[layout].parameters({ sizes, hasLearnedPositions }, geometry, origin)
}

/**
 * A described model for images or clips of one size.
 * @throws StudioError `checkpoint-invalid` if the family or a number of heads is unknown; `origin` names the model.
 */
export function createModel(description: ModelDescription, { frames, imageSize }: ClipSize, origin: string): Model {
  const { patchSize, tubeletSize } = description.sizes
  const layout = layouts[description.layout]
  const clip = layout.input === 'image' ? { frames: 1, tubeletSize: 1 } : { frames, tubeletSize }
  return layout.open(description, { ...clip, imageSize, patchSize }, origin)
}

/** Clip of the published models (MVD, VideoMAE): 16 frames, every fourth, at 14 x 14 patches. */
export const publishedClip = { frames: 16, frameStride: 4, imageSize: 224, patchSize: 16, tubeletSize: 2 } as const

/** Clip that a model sees: what its description says, else `fallback.frames` and the published number of patches. */
export function clipOf(
  { layout, sizes }: ModelDescription,
  { frames }: Pick<ClipGeometry, 'frames'> = publishedClip,
): ClipSize {
  const { patchSize, tokens, imageSize } = sizes
  const published = publishedClip.imageSize / publishedClip.patchSize
  const side = layouts[layout].input === 'image' ? Math.sqrt(tokens ?? Number.NaN) : Number.NaN
  return {
    frames: sizes.frames ?? frames,
    imageSize: imageSize ?? (Number.isInteger(side) ? side : published) * patchSize,
  }
}
