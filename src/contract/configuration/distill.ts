import { z } from 'zod'
import {
  decoderFields,
  decoderMaskRatioField,
  dropPathField,
  encoderFields,
  maskRatioField,
  optimizationFields,
} from './fields.ts'

/** Stage 2, masked feature distillation: a student predicts the features of frozen teachers at masked tokens. */
export const distillConfiguration = z.strictObject({
  teachers: z.enum(['both', 'image', 'video']).meta({
    label: 'Teachers',
    section: 'Distillation',
    help: 'Which teachers the student learns from; each has a decoder of its own.',
  }),
  videoTarget: z.enum(['teacher', 'pixels']).default('teacher').meta({
    label: 'Target of the video branch',
    section: 'Distillation',
    help: 'Features of the video teacher, as published, or the normalised pixels of VideoMAE under a squared error, for which no video teacher is needed (SurgVISTA).',
  }),
  loss: z.enum(['smooth-l1', 'l1', 'l2', 'cosine']).meta({
    label: 'Loss',
    section: 'Distillation',
    help: 'Distance between prediction and teacher feature; smooth-l1 in every published recipe. cosine is 2 - 2 cos, the squared distance of vectors of length 1 (UMT, Li et al. 2023).',
  }),
  imageTeacherWeight: z
    .number()
    .min(0)
    .max(1000)
    .meta({ label: 'Weight of the image loss', section: 'Distillation', help: 'Lambda 1 of Algorithm 1.' }),
  videoTeacherWeight: z
    .number()
    .min(0)
    .max(1000)
    .meta({ label: 'Weight of the video loss', section: 'Distillation', help: 'Lambda 2 of Algorithm 1.' }),
  normalizeTargets: z.boolean().meta({
    label: 'Normalise targets',
    section: 'Distillation',
    help: 'LayerNorm without weights on the teacher features (norm_feature; V-JEPA, Bardes et al. 2024). Off in every published recipe.',
  }),
  ...encoderFields,
  ...decoderFields,
  maskRatio: maskRatioField,
  decoderMaskRatio: decoderMaskRatioField,
  dropPath: dropPathField,
  ...optimizationFields,
})
export type DistillConfiguration = z.infer<typeof distillConfiguration>
