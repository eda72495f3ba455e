import { StudioError } from '#contract/api/errors.ts'
import { type ClassifierConfig, classifierParameters, classify, clipEncoderParameters } from '../classifier.ts'
import { normParameters, within } from '../parameters.ts'
import { type ClipGeometry, cubes } from '../patches.ts'
import { type ClipTeacherConfig, clipTeacherFeatures } from '../teachers.ts'
import { clipTable, encodeCubes } from '../video-autoencoder.ts'
import { defineLayout, encoded, encoderStack, type KnownModel, knownModel } from './definition.ts'

const clipConfig = ({ sizes, positions }: KnownModel, geometry: ClipGeometry): ClipTeacherConfig => ({
  ...geometry,
  ...encoderStack(sizes),
  positions,
  hasClassToken: sizes.hasClassToken,
})

const headConfig = (model: KnownModel, geometry: ClipGeometry): ClassifierConfig => ({
  ...clipConfig(model, geometry),
  positions: model.positions,
  pooling: model.sizes.pooling,
  headNormEpsilon: model.sizes.headNormEpsilon,
  classes: model.sizes.classes ?? refuse(model.origin),
  headInitScale: 1,
})

/**
 * The configuration of a described classifier for clips.
 * @throws StudioError `checkpoint-invalid` if its family, its number of heads or its number of classes is unknown.
 */
export const classifierConfig = (
  description: Parameters<typeof knownModel>[0],
  { frames, imageSize }: Pick<ClipGeometry, 'frames' | 'imageSize'>,
  origin: string,
): ClassifierConfig => {
  const { tubeletSize, patchSize } = description.sizes
  return headConfig(knownModel(description, origin), { frames, imageSize, tubeletSize, patchSize })
}

const clips = {
  input: 'video',
  encoderPrefix: '',
  decoderPrefixes: [],
  extraPositions: 0,
  storesPositions: false,
  decoderHeads: () => null,
  encoderParameters: clipEncoderParameters,
  features: clipTeacherFeatures,
  predict: () => undefined,
} as const

/** An encoder of clips with a classification head. */
export const classifier = defineLayout<ClassifierConfig>({
  ...clips,
  layout: 'classifier',
  config: headConfig,
  parameters: classifierParameters,
  encode: (config, _model, weights, video) => ({ logits: classify(config, weights, video) }),
})

/** An encoder of clips alone. */
export const clipEncoder = defineLayout<ClipTeacherConfig>({
  ...clips,
  layout: 'clip-encoder',
  config: clipConfig,
  parameters: (config, { sizes }) => [
    ...clipEncoderParameters(config),
    ...(sizes.hasEncoderNorm ? normParameters('norm', config.width) : []),
  ],
  encode(config, model, weights, video) {
    const table = clipTable(config, config.positions, weights)
    return encoded(encodeCubes(config, weights, cubes(video, config), table), model, within(weights, 'norm.'))
  },
})

function refuse(origin: string): never {
  throw new StudioError('checkpoint-invalid', `${origin} has no head.`, 'Use a fine-tuned classifier.')
}
