import { z } from 'zod'
import { maskedPatches } from '../configuration/counts.ts'
import { decoderFields, encoderFields, maskRatioField, optimizationFields } from '../configuration/fields.ts'
import { defineStage } from './definition.ts'
import { decoderSizes, encoderSizes, ownModel, pixelsPerToken } from './model.ts'
import { checkDecoder, checkEncoder, checkMask, checkSchedule, clipGrid, divides, nearestDivisor } from './rules.ts'

const configuration = z.strictObject({
  imageSize: z.int().min(16).max(1024).meta({
    label: 'Image size',
    unit: 'px',
    group: 'Input',
    help: 'Crop that the image teacher sees. Image size / patch size must equal that of the clip.',
  }),
  patchSize: z.int().min(2).max(64).meta({
    label: 'Patch size',
    unit: 'px',
    group: 'Input',
    help: 'Patch of the image teacher. Must divide its image size.',
  }),
  ...encoderFields,
  ...decoderFields,
  maskRatio: maskRatioField,
  normalizeTarget: z.boolean().meta({
    label: 'Normalise targets',
    group: 'Masking',
    help: 'Predicts the pixels of each patch with mean 0 and variance 1 (norm_pix_loss).',
  }),
  cropAreaMin: z.number().gt(0).max(1).meta({
    label: 'Minimum crop area',
    unit: 'of the frame',
    group: 'Augmentation',
    help: 'Random resized crops cover between this share and all of the frame.',
  }),
  flip: z.boolean().meta({ label: 'Horizontal flip', group: 'Augmentation', help: 'Flips half of the frames.' }),
  ...optimizationFields,
})
export type ImageTeacherConfiguration = z.infer<typeof configuration>

/** Stage 1a: a masked autoencoder (MAE) on single frames. */
export const imageTeacher = defineStage({
  name: 'image-teacher',
  title: 'Image teacher',
  summary: 'Learns appearance from single frames (MAE).',
  configuration,
  trains: true,
  layout: 'mae',
  sees: 'images',
  counts: 'samples',
  makesPictures: true,
  labelledSplits: [],
  headline: ['train/loss'],
  replacedBy: 'imageTeacher',
  inputs: () => [],
  model(own) {
    const geometry = { frames: 1, tubeletSize: 1, imageSize: own.imageSize, patchSize: own.patchSize }
    return ownModel('mae', 'mae', {
      ...encoderSizes(own, geometry),
      qkvBias: 'joint',
      hasClassToken: true,
      decoder: decoderSizes(own),
      pixelTargetWidth: pixelsPerToken(geometry),
    })
  },
  rules(own, { clip }, problem) {
    checkEncoder(own, problem)
    checkDecoder(own, problem)
    checkSchedule(own, problem)
    const grid = clipGrid(clip)
    if (grid === undefined) return
    if (!divides(own.patchSize, own.imageSize))
      problem(
        'patchSize',
        `The patch size ${own.patchSize} px does not divide the image size ${own.imageSize} px. Try ${nearestDivisor(own.imageSize, own.patchSize)} px.`,
      )
    else if (own.imageSize / own.patchSize !== grid)
      problem(
        'imageSize',
        `The image teacher has ${own.imageSize / own.patchSize} patches per side and the clip ${grid}. They must be equal, because tokens are matched one to one.`,
      )
    checkMask(maskedPatches(own.maskRatio, grid * grid), grid * grid, problem)
  },
})
