import { z } from 'zod'
import { dropPathField, earlyStoppingFields, encoderFields, optimizationFields } from '../configuration/fields.ts'
import type { ModelDescription, ModelSizes } from '../domain/model.ts'
import { defineStage, type StageInput } from './definition.ts'
import { encoderSizes, ownModel } from './model.ts'
import { checkEncoder, checkSchedule } from './rules.ts'

const configuration = z.strictObject({
  initialization: z.enum(['student', 'video-teacher', 'checkpoint', 'scratch']).meta({
    label: 'Start from',
    group: 'Model',
    help: 'The distilled student, the video teacher (VideoMAE baseline), a chosen checkpoint, or random weights.',
  }),
  publishedPositions: z.boolean().default(false).meta({
    label: 'Published position table',
    group: 'Model',
    help: 'Fine-tunes a VideoMAE with the 3-D position table of MVD instead of its own, as the published code of MVD does without mentioning it. Only to reproduce published numbers.',
  }),
  ...encoderFields,
  dropPath: dropPathField,
  headDropout: z.number().min(0).lt(1).default(0).meta({
    label: 'Head dropout',
    group: 'Regularisation',
    help: 'Dropout probability before the head (fc_drop_rate).',
  }),
  labelSmoothing: z.number().min(0).lt(1).meta({
    label: 'Label smoothing',
    group: 'Regularisation',
    help: 'Share of the target spread over all classes (smoothing; Szegedy et al. 2016).',
  }),
  mixup: z.number().min(0).max(10).meta({
    label: 'Mixup alpha',
    group: 'Regularisation',
    help: 'Alpha of the beta distribution of the mixing weight. 0 turns mixup off (Zhang et al. 2018).',
  }),
  cutmix: z.number().min(0).max(10).meta({
    label: 'CutMix alpha',
    group: 'Regularisation',
    help: 'Alpha of the beta distribution of the box area. The box spans all frames. 0 turns CutMix off (Yun et al. 2019).',
  }),
  mixProbability: z.number().min(0).max(1).default(1).meta({
    label: 'Mix probability',
    group: 'Regularisation',
    help: 'Probability of applying mixup or CutMix to a batch (mixup_prob).',
  }),
  cutmixShare: z.number().min(0).max(1).default(0.5).meta({
    label: 'CutMix share',
    group: 'Regularisation',
    help: 'Probability of CutMix instead of mixup if both are on (mixup_switch_prob).',
  }),
  publishedCutmix: z.boolean().default(false).meta({
    label: 'Published CutMix',
    group: 'Regularisation',
    help: 'Cuts boxes of time x height at positions drawn for height x width, as the published code of MVD does: more than half of the boxes change no pixel, and targets do not match pixels. Only to reproduce published numbers.',
  }),
  sampling: z.enum(['dense', 'segments']).default('dense').meta({
    label: 'Frame sampling',
    group: 'Augmentation',
    help: 'dense samples one window of frames x stride. segments samples one frame from each of equal segments of the video (TSN, Wang et al. 2016; Something-Something v2).',
  }),
  cropAreaMin: z.number().gt(0).max(1).meta({
    label: 'Minimum crop area',
    unit: 'of the frame',
    group: 'Augmentation',
    help: 'Random resized crops cover between this share and all of the frame, with an aspect ratio from 3/4 to 4/3.',
  }),
  flip: z.boolean().meta({
    label: 'Horizontal flip',
    group: 'Augmentation',
    help: 'Flips half of the clips. Turn it off if left and right matter.',
  }),
  randAugment: z.int().min(0).max(16).default(0).meta({
    label: 'RandAugment operations',
    unit: 'operations',
    group: 'Augmentation',
    help: 'Operations drawn per clip, each applied to all frames with probability 0.5. 0 turns RandAugment off (Cubuk et al. 2020; n in rand-m7-n4-mstd0.5-inc1).',
  }),
  randAugmentMagnitude: z.number().min(0).max(10).default(7).meta({
    label: 'RandAugment magnitude',
    group: 'Augmentation',
    help: 'Strength of the operations (m in rand-m7-n4-mstd0.5-inc1).',
  }),
  randAugmentDeviation: z.number().min(0).max(10).default(0.5).meta({
    label: 'RandAugment deviation',
    group: 'Augmentation',
    help: 'Standard deviation of the magnitude, drawn per operation (mstd in rand-m7-n4-mstd0.5-inc1).',
  }),
  randomErasing: z.number().min(0).max(1).default(0).meta({
    label: 'Random erasing',
    group: 'Augmentation',
    help: 'Probability of filling one box of a clip, the same in all frames, with noise: 2 % to 1/3 of the area, aspect ratio from 0.3 to 3.3 (reprob; Zhong et al. 2020).',
  }),
  layerDecay: z.number().gt(0).max(1).meta({
    label: 'Layer decay',
    group: 'Optimizer',
    help: 'Factor on the learning rate of each block relative to the block above it (layer_decay; BEiT, Bao et al. 2022).',
  }),
  headInitScale: z
    .number()
    .gt(0)
    .max(1)
    .meta({ label: 'Head init scale', group: 'Model', help: 'Factor on the initial weights of the head.' }),
  ...optimizationFields,
  ...earlyStoppingFields,
})
export type FinetuneConfiguration = z.infer<typeof configuration>

/** Sizes that the configuration repeats, because a classifier has those of the encoder that it starts from. */
const agreesOn = ['width', 'depth', 'heads']
const start = { role: 'model', use: 'start', agreesOn, decidedBy: 'initialization' } as const

const startInputs: Record<FinetuneConfiguration['initialization'], readonly StageInput[]> = {
  scratch: [],
  student: [{ ...start, sources: [{ stage: 'distill' }] }],
  'video-teacher': [{ ...start, sources: [{ chosen: 'videoTeacher' }, { stage: 'video-teacher' }] }],
  checkpoint: [{ ...start, sources: [{ chosen: 'model' }] }],
}

/** Stage 3: supervised fine-tuning of an encoder with a new classification head. */
export const finetune = defineStage({
  name: 'finetune',
  title: 'Fine-tuning',
  summary: 'Trains a classifier on the labels.',
  configuration,
  trains: true,
  layout: 'classifier',
  sees: 'clips',
  counts: 'samples',
  makesPictures: false,
  labelledSplits: ['train'],
  headline: ['validation/top1', 'train/top1', 'train/loss'],
  link: 'initialization',
  choice: { role: 'model', field: 'initialization', value: 'checkpoint', otherwise: 'student' },
  inputs: ({ initialization }) => startInputs[initialization],
  model(own, { clip, classes, inputs: { model } }) {
    const sizes = { ...encoderSizes(own, clip), hasEncoderNorm: false, classes }
    const classifier = ownModel(
      'classifier',
      familyOf(own, model),
      model === undefined ? sizes : inherited(model.sizes, sizes),
    )
    return { ...classifier, hasLearnedPositions: keepsLearnedTable(own, model) }
  },
  rules(own, { chosen }, problem) {
    checkEncoder(own, problem)
    checkSchedule(own, problem)
    if (own.initialization !== 'checkpoint' && chosen.model !== undefined)
      problem(
        'initialization',
        `${chosen.model} is chosen as starting point. Set this to checkpoint, or choose no model.`,
      )
  },
})

/**
 * Sizes of a classifier that starts from a model: those that follow from the clip, the head and the labels are its own. All others are
 * the model's, because they decide how its encoder computes.
 */
function inherited(start: ModelSizes, own: ModelSizes): ModelSizes {
  const { patchSize, tubeletSize, tokens, imageSize, frames, hasEncoderNorm, decoder, classes } = own
  const { imageTargetWidth, videoTargetWidth, pixelTargetWidth } = own
  const ofClip = { patchSize, tubeletSize, tokens, imageSize, frames }
  const ofHead = { hasEncoderNorm, decoder, classes, imageTargetWidth, videoTargetWidth, pixelTargetWidth }
  return { ...start, ...ofClip, ...ofHead }
}

/** Whether the classifier trains the position table that the model learned */
const keepsLearnedTable = (own: FinetuneConfiguration, model: ModelDescription | undefined): boolean =>
  model?.hasLearnedPositions === true && !own.publishedPositions

function familyOf(own: FinetuneConfiguration, model: ModelDescription | undefined): ModelDescription['family'] {
  if (own.publishedPositions) return 'mvd'
  if (model !== undefined) return model.family
  return own.initialization === 'video-teacher' ? 'videomae' : 'mvd'
}
