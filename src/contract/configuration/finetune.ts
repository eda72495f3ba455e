import { z } from 'zod'
import { dropPathField, encoderFields, optimizationFields } from './fields.ts'

/** Stage 3, supervised fine-tuning of an encoder with a fresh head. */
export const finetuneConfiguration = z.strictObject({
  initialization: z.enum(['student', 'video-teacher', 'checkpoint', 'scratch']).meta({ label: 'Start from', section: 'Model', help: 'The distilled student, the video teacher (the VideoMAE baseline), a chosen checkpoint, or random weights.' }),
  ...encoderFields,
  dropPath: dropPathField,
  labelSmoothing: z.number().min(0).lt(1).meta({ label: 'Label smoothing', section: 'Regularisation', help: 'Share of the target spread over all classes.' }),
  mixup: z.number().min(0).max(10).meta({ label: 'Mixup alpha', section: 'Regularisation', help: 'Beta distribution from which clips are blended; 0 turns mixup off.' }),
  cutmix: z.number().min(0).max(10).meta({ label: 'CutMix alpha', section: 'Regularisation', help: 'Beta distribution of the box cut from another clip (height x width, all frames); 0 turns CutMix off.' }),
  cropAreaMin: z.number().gt(0).max(1).meta({ label: 'Smallest crop', unit: 'of the area', section: 'Augmentation', help: 'Random resized crop takes between this share and all of the frame.' }),
  flip: z.boolean().meta({ label: 'Flip', section: 'Augmentation', help: 'Mirror half of the clips. Turn off where left and right matter.' }),
  layerDecay: z.number().gt(0).max(1).meta({ label: 'Layer decay', section: 'Optimizer', help: 'Each block below the head learns slower by this factor.' }),
  headInitScale: z.number().gt(0).max(1).meta({ label: 'Head scale', section: 'Model', help: 'Factor on the initial weights of the head.' }),
  ...optimizationFields,
})
export type FinetuneConfiguration = z.infer<typeof finetuneConfiguration>
