import { z } from 'zod'
import { maskedTubes } from '../configuration/counts.ts'
import {
  decoderFields,
  decoderMaskRatioField,
  dropPathField,
  encoderFields,
  maskRatioField,
  optimizationFields,
} from '../configuration/fields.ts'
import { defineStage } from './definition.ts'
import { decoderSizes, encoderSizes, ownModel, pixelsPerToken } from './model.ts'
import { checkDecoder, checkEncoder, checkMask, checkSchedule, clipGrid } from './rules.ts'

const configuration = z.strictObject({
  teachers: z.enum(['both', 'image', 'video']).meta({
    label: 'Teachers',
    group: 'Distillation',
    help: 'Teachers that the student learns from. Each has its own decoder.',
  }),
  videoTarget: z.enum(['teacher', 'pixels']).default('teacher').meta({
    label: 'Video target',
    group: 'Distillation',
    help: 'teacher: features of the video teacher, as published. pixels: normalised pixels as in VideoMAE, with a squared error and without a video teacher (SurgVISTA).',
  }),
  loss: z.enum(['smooth-l1', 'l1', 'l2', 'cosine']).meta({
    label: 'Loss',
    group: 'Distillation',
    help: 'Distance between predicted and teacher features. Published recipes use smooth-l1. cosine is 2 - 2 cos, the squared distance of normalised vectors (UMT, Li et al. 2023).',
  }),
  imageTeacherWeight: z
    .number()
    .min(0)
    .max(1000)
    .meta({ label: 'Image loss weight', group: 'Distillation', help: 'Lambda 1 of Algorithm 1.' }),
  videoTeacherWeight: z
    .number()
    .min(0)
    .max(1000)
    .meta({ label: 'Video loss weight', group: 'Distillation', help: 'Lambda 2 of Algorithm 1.' }),
  normalizeTargets: z.boolean().meta({
    label: 'Normalise targets',
    group: 'Distillation',
    help: 'Applies LayerNorm without weights to the teacher features (norm_feature; V-JEPA, Bardes et al. 2024). Off in published recipes.',
  }),
  targetCache: z.int().min(0).max(10_000).default(0).meta({
    label: 'Target cache',
    unit: 'clips',
    group: 'Distillation',
    help: 'Fixed clips per video, whose teacher features are computed once and kept in half precision (float16); epochs use them in turn. 0, as published: a new clip each time. Fewer clips than epochs change the method: the student sees less varied crops; masks stay random.',
  }),
  ...encoderFields,
  ...decoderFields,
  maskRatio: maskRatioField,
  decoderMaskRatio: decoderMaskRatioField,
  dropPath: dropPathField,
  ...optimizationFields,
})
export type DistillConfiguration = z.infer<typeof configuration>

type Branches = Pick<DistillConfiguration, 'teachers' | 'videoTarget'>

/** True if a branch of the student predicts features of an image teacher. */
export const usesImageTeacher = ({ teachers }: Pick<Branches, 'teachers'>): boolean => teachers !== 'video'

/** True if a branch of the student predicts features of a video teacher. */
export const usesVideoTeacher = ({ teachers, videoTarget }: Branches): boolean =>
  teachers !== 'image' && videoTarget === 'teacher'

/** True if the video branch of the student predicts pixels instead of features (SurgVISTA). */
export const predictsPixels = ({ teachers, videoTarget }: Branches): boolean =>
  teachers !== 'image' && videoTarget === 'pixels'

/** Stage 2, masked video distillation: a student predicts the features of frozen teachers at masked tokens. */
export const distill = defineStage({
  name: 'distill',
  title: 'Distillation',
  summary: 'Trains a student on the features of the teachers.',
  configuration,
  trains: true,
  layout: 'mvd-student',
  sees: 'clips',
  counts: 'samples',
  makesPictures: true,
  labelledSplits: [],
  headline: ['train/loss'],
  link: 'teachers',
  inputs: (own) => [
    ...(usesImageTeacher(own)
      ? [
          {
            role: 'imageTeacher',
            use: 'teach',
            sources: [{ chosen: 'imageTeacher' }, { stage: 'image-teacher' }],
          } as const,
        ]
      : []),
    ...(usesVideoTeacher(own)
      ? [
          {
            role: 'videoTeacher',
            use: 'teach',
            sources: [{ chosen: 'videoTeacher' }, { stage: 'video-teacher' }],
          } as const,
        ]
      : []),
  ],
  model: (own, { clip, inputs }) =>
    ownModel('mvd-student', 'mvd', {
      ...encoderSizes(own, clip),
      decoder: decoderSizes(own),
      imageTargetWidth: inputs.imageTeacher?.sizes.width ?? null,
      videoTargetWidth: predictsPixels(own) ? pixelsPerToken(clip) : (inputs.videoTeacher?.sizes.width ?? null),
    }),
  rules(own, { clip }, problem) {
    checkEncoder(own, problem)
    checkDecoder(own, problem)
    checkSchedule(own, problem)
    const grid = clipGrid(clip)
    if (grid !== undefined) checkMask(maskedTubes(own.maskRatio, grid * grid), grid * grid, problem)
    if (own.targetCache > 0 && !usesImageTeacher(own) && !usesVideoTeacher(own))
      problem('targetCache', 'There is no teacher whose features could be kept. Set it to 0.')
    const { teachers, imageTeacherWeight, videoTeacherWeight } = own
    if ((teachers === 'video' ? 0 : imageTeacherWeight) + (teachers === 'image' ? 0 : videoTeacherWeight) === 0)
      problem('imageTeacherWeight', 'Both losses have the weight 0, so the student would not learn.')
  },
})
