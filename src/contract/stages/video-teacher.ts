import { z } from 'zod'
import { maskedTubes } from '../configuration/counts.ts'
import {
  decoderFields,
  decoderMaskRatioField,
  encoderFields,
  maskRatioField,
  optimizationFields,
} from '../configuration/fields.ts'
import { defineStage } from './definition.ts'
import { decoderSizes, encoderSizes, ownModel, pixelsPerToken } from './model.ts'
import { checkDecoder, checkEncoder, checkMask, checkSchedule, clipGrid } from './rules.ts'

const configuration = z.strictObject({
  ...encoderFields,
  ...decoderFields,
  maskRatio: maskRatioField,
  decoderMaskRatio: decoderMaskRatioField,
  normalizeTarget: z.boolean().meta({
    label: 'Normalise targets',
    group: 'Masking',
    help: 'Predicts each colour channel of a tubelet with mean 0 and variance 1.',
  }),
  ...optimizationFields,
})
export type VideoTeacherConfiguration = z.infer<typeof configuration>

/** Stage 1b: a masked autoencoder on clips (VideoMAE) with tube masking and pixel targets. */
export const videoTeacher = defineStage({
  name: 'video-teacher',
  title: 'Video teacher',
  summary: 'Learns motion from clips (VideoMAE).',
  configuration,
  trains: true,
  layout: 'videomae',
  sees: 'clips',
  counts: 'samples',
  makesPictures: true,
  labelledSplits: [],
  headline: ['train/loss'],
  replacedBy: 'videoTeacher',
  inputs: () => [],
  model: (own, { clip }) =>
    ownModel('videomae', 'videomae', {
      ...encoderSizes(own, clip),
      decoder: decoderSizes(own),
      pixelTargetWidth: pixelsPerToken(clip),
    }),
  rules(own, { clip }, problem) {
    checkEncoder(own, problem)
    checkDecoder(own, problem)
    checkSchedule(own, problem)
    const grid = clipGrid(clip)
    if (grid !== undefined) checkMask(maskedTubes(own.maskRatio, grid * grid), grid * grid, problem)
  },
})
