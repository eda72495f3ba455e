import { z } from 'zod'
import { decoderFields, encoderFields, maskRatioField, optimizationFields } from './fields.ts'

/** Stage 1a, masked autoencoder (MAE) on single frames. */
export const imageTeacherConfiguration = z.strictObject({
  imageSize: z.int().min(16).max(1024).meta({
    label: 'Crop',
    unit: 'px',
    section: 'Input',
    help: 'Crop of the image teacher. Its grid (crop / patch) must equal the grid of the clip.',
  }),
  patchSize: z
    .int()
    .min(2)
    .max(64)
    .meta({ label: 'Patch', unit: 'px', section: 'Input', help: 'Patch of the image teacher; must divide its crop.' }),
  ...encoderFields,
  ...decoderFields,
  maskRatio: maskRatioField,
  normalizeTarget: z.boolean().meta({
    label: 'Normalise pixels',
    section: 'Masking',
    help: 'Predict each patch with mean 0 and variance 1 (norm_pix_loss).',
  }),
  cropAreaMin: z.number().gt(0).max(1).meta({
    label: 'Smallest crop',
    unit: 'of the area',
    section: 'Augmentation',
    help: 'Random resized crop takes between this share and all of the frame.',
  }),
  flip: z.boolean().meta({ label: 'Flip', section: 'Augmentation', help: 'Mirror half of the frames.' }),
  ...optimizationFields,
})
export type ImageTeacherConfiguration = z.infer<typeof imageTeacherConfiguration>
