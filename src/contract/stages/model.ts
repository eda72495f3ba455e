import type { ModelDescription, ModelSizes, StackSizes } from '../domain/model.ts'

/** What a model sees: images are clips of one frame with tubelets of one frame. */
interface Geometry {
  readonly frames: number
  readonly imageSize: number
  readonly patchSize: number
  readonly tubeletSize: number
}

/** Sizes that all of the studio's models have in common. */
export function encoderSizes(
  { width, depth, heads }: { width: number; depth: number; heads: number },
  { frames, imageSize, patchSize, tubeletSize }: Geometry,
): ModelSizes {
  return {
    ...stackSizesOf(width, depth, heads),
    qkvBias: 'separate',
    epsilon: 1e-6,
    headNormEpsilon: 1e-6,
    patchSize,
    tubeletSize,
    tokens: (frames / tubeletSize) * (imageSize / patchSize) ** 2,
    imageSize,
    frames,
    hasClassToken: false,
    hasEncoderNorm: true,
    decoder: null,
    imageTargetWidth: null,
    videoTargetWidth: null,
    pixelTargetWidth: null,
    classes: null,
    pooling: 'mean',
  }
}

export const decoderSizes = (configuration: {
  decoderWidth: number
  decoderDepth: number
  decoderHeads: number
}): StackSizes => stackSizesOf(configuration.decoderWidth, configuration.decoderDepth, configuration.decoderHeads)

const stackSizesOf = (width: number, depth: number, heads: number): StackSizes => ({
  width,
  depth,
  heads,
  mlpWidth: 4 * width,
})

/** RGB values of one token. */
export const pixelsPerToken = ({ patchSize, tubeletSize }: Pick<Geometry, 'patchSize' | 'tubeletSize'>): number =>
  3 * tubeletSize * patchSize ** 2

/** The studio's models compute their position table, so they can have one for any grid. */
export const ownModel = (
  layout: ModelDescription['layout'],
  family: ModelDescription['family'],
  sizes: ModelSizes,
): ModelDescription => ({ layout, family, sizes, hasLearnedPositions: false })
