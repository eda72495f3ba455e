import { z } from 'zod'
import { decoderFields, decoderMaskRatioField, encoderFields, maskRatioField, optimizationFields } from './fields.ts'

/** Stage 1b, masked autoencoder on clips (VideoMAE): tube masking, pixel targets. */
export const videoTeacherConfiguration = z.strictObject({
  ...encoderFields,
  ...decoderFields,
  maskRatio: maskRatioField,
  decoderMaskRatio: decoderMaskRatioField,
  normalizeTarget: z.boolean().meta({
    label: 'Normalise pixels',
    section: 'Masking',
    help: 'Predict each channel of a cube with mean 0 and variance 1.',
  }),
  ...optimizationFields,
})
export type VideoTeacherConfiguration = z.infer<typeof videoTeacherConfiguration>
