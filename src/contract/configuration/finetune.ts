import { z } from 'zod'
import { dropPathField, encoderFields, optimizationFields } from './fields.ts'

/** Stage 3, supervised fine-tuning of an encoder with a fresh head. */
export const finetuneConfiguration = z.strictObject({
  initialization: z.enum(['student', 'video-teacher', 'checkpoint', 'scratch']).meta({
    label: 'Start from',
    section: 'Model',
    help: 'The distilled student, the video teacher (the VideoMAE baseline), a chosen checkpoint, or random weights.',
  }),
  publishedPositions: z.boolean().default(false).meta({
    label: 'Published position table',
    section: 'Model',
    help: 'Fine-tunes a VideoMAE with the 3-D position table of MVD instead of the flat one it was trained with, as the published code of MVD does unasked. Only to compare with numbers that were obtained so.',
  }),
  ...encoderFields,
  dropPath: dropPathField,
  headDropout: z.number().min(0).lt(1).default(0).meta({
    label: 'Head dropout',
    section: 'Regularisation',
    help: 'Chance to drop a channel before the head (fc_drop_rate).',
  }),
  labelSmoothing: z.number().min(0).lt(1).meta({
    label: 'Label smoothing',
    section: 'Regularisation',
    help: 'Share of the target spread over all classes (smoothing; Szegedy et al. 2016).',
  }),
  mixup: z.number().min(0).max(10).meta({
    label: 'Mixup alpha',
    section: 'Regularisation',
    help: 'Beta distribution from which clips are blended; 0 turns mixup off (Zhang et al. 2018).',
  }),
  cutmix: z.number().min(0).max(10).meta({
    label: 'CutMix alpha',
    section: 'Regularisation',
    help: 'Beta distribution of the box cut from another clip (height x width, all frames); 0 turns CutMix off (Yun et al. 2019).',
  }),
  mixProbability: z.number().min(0).max(1).default(1).meta({
    label: 'Mixed batches',
    section: 'Regularisation',
    help: 'Share of the batches to which mixup or CutMix is applied (mixup_prob).',
  }),
  cutmixShare: z.number().min(0).max(1).default(0.5).meta({
    label: 'Share of CutMix',
    section: 'Regularisation',
    help: 'Where mixup and CutMix are both on: share of the mixed batches that take CutMix (mixup_switch_prob).',
  }),
  publishedCutmix: z.boolean().default(false).meta({
    label: 'Published CutMix',
    section: 'Regularisation',
    help: 'Cuts boxes of time x height at the places drawn for height x width, as the published code of MVD does: more than half of the cuts change no pixel, and the targets do not match the pixels. Only to compare with numbers that were obtained so.',
  }),
  sampling: z.enum(['dense', 'segments']).default('dense').meta({
    label: 'Frame sampling',
    section: 'Augmentation',
    help: 'dense takes frames from one window of frames x stride; segments takes one frame from each of as many equal parts of the video (TSN, Wang et al. 2016; Something-Something v2).',
  }),
  cropAreaMin: z.number().gt(0).max(1).meta({
    label: 'Smallest crop',
    unit: 'of the area',
    section: 'Augmentation',
    help: 'Random resized crop takes between this share and all of the frame, at an aspect ratio from 3/4 to 4/3.',
  }),
  flip: z.boolean().meta({
    label: 'Flip',
    section: 'Augmentation',
    help: 'Mirror half of the clips. Turn off where left and right matter.',
  }),
  randAugment: z.int().min(0).max(16).default(0).meta({
    label: 'RandAugment',
    unit: 'operations',
    section: 'Augmentation',
    help: 'Operations drawn for each clip, each applied to all its frames alike with a chance of one half; 0 turns it off (Cubuk et al. 2020; the n of rand-m7-n4-mstd0.5-inc1).',
  }),
  randAugmentMagnitude: z.number().min(0).max(10).default(7).meta({
    label: 'RandAugment magnitude',
    section: 'Augmentation',
    help: 'Strength of the operations; all grow stronger with it (the m of rand-m7-n4-mstd0.5-inc1, inc1).',
  }),
  randAugmentDeviation: z.number().min(0).max(10).default(0.5).meta({
    label: 'RandAugment spread',
    section: 'Augmentation',
    help: 'Standard deviation of the magnitude, drawn for each operation (the mstd of rand-m7-n4-mstd0.5-inc1).',
  }),
  randomErasing: z.number().min(0).max(1).default(0).meta({
    label: 'Random erasing',
    section: 'Augmentation',
    help: 'Chance that one box of a clip, the same in all frames, is filled with noise: 2 % to 1/3 of the area, aspect ratio from 0.3 to 3.3 (reprob; Zhong et al. 2020).',
  }),
  layerDecay: z.number().gt(0).max(1).meta({
    label: 'Layer decay',
    section: 'Optimizer',
    help: 'Each block below the head learns slower by this factor (layer_decay; BEiT, Bao et al. 2022).',
  }),
  headInitScale: z
    .number()
    .gt(0)
    .max(1)
    .meta({ label: 'Head scale', section: 'Model', help: 'Factor on the initial weights of the head.' }),
  ...optimizationFields,
})
export type FinetuneConfiguration = z.infer<typeof finetuneConfiguration>
