import { StudioError } from '#contract/api/errors.ts'
import { clipEncoderParameters } from '../classifier.ts'
import { within } from '../parameters.ts'
import { type ClipGeometry, cubes, tokenCount } from '../patches.ts'
import { predictFeatures, type StudentConfig, studentParameters } from '../student.ts'
import { type ClipTeacherConfig, clipTeacherFeatures } from '../teachers.ts'
import { encodeCubes } from '../video-autoencoder.ts'
import type { DecoderSizes } from '../vit.ts'
import { decoderSizes, defineLayout, encoded, encoderStack, hasDecoder, type KnownModel } from './definition.ts'
import { clipDecoderHeads } from './videomae.ts'

type MvdStudentConfig = ClipTeacherConfig & Omit<StudentConfig, keyof DecoderSizes> & Partial<DecoderSizes>

function studentConfig({ sizes, positions }: KnownModel, geometry: ClipGeometry): MvdStudentConfig {
  const { imageTargetWidth, videoTargetWidth, hasClassToken } = sizes
  return {
    ...geometry,
    ...encoderStack(sizes),
    ...decoderSizes(sizes),
    positions,
    hasClassToken,
    ...(imageTargetWidth === null ? {} : { imageTargetWidth }),
    ...(videoTargetWidth === null ? {} : { videoTargetWidth }),
  }
}

/** The student of masked video distillation (Wang et al. 2023) with its decoders. */
export const mvdStudent = defineLayout<MvdStudentConfig>({
  layout: 'mvd-student',
  input: 'video',
  encoderPrefix: '',
  decoderPrefixes: ['decoder_img.blocks.', 'decoder_vid.blocks.'],
  extraPositions: 0,
  storesPositions: true,
  decoderHeads: clipDecoderHeads,
  config: studentConfig,
  parameters: (config, { origin }) => studentParameters(withDecoders(config, origin)),
  encode(config, model, weights, video) {
    const table = weights('pos_embed').reshape([tokenCount(config), config.width])
    return encoded(encodeCubes(config, weights, cubes(video, config), table), model, within(weights, 'norm.'))
  },
  predict(partial, { origin }) {
    const config = withDecoders(partial, origin)
    return (weights, video, visible, masked) => {
      const predicted = predictFeatures(config, weights, { video, visible, masked })
      return {
        ...(predicted.image === undefined ? {} : { image_prediction: predicted.image }),
        ...(predicted.video === undefined ? {} : { video_prediction: predicted.video }),
      }
    }
  },
  encoderParameters: clipEncoderParameters,
  features: clipTeacherFeatures,
})

function withDecoders(config: MvdStudentConfig, origin: string): MvdStudentConfig & DecoderSizes {
  if (hasDecoder(config)) return config
  throw new StudioError(
    'checkpoint-invalid',
    `${origin} is a student without its decoders.`,
    'Use a whole checkpoint of the student.',
  )
}
