import { z } from 'zod'
import { stages, stageSchema } from '../stages/stage.ts'
import { clipConfiguration } from './clip.ts'
import { distillConfiguration } from './distill.ts'
import { evaluateConfiguration } from './evaluate.ts'
import { finetuneConfiguration } from './finetune.ts'
import { generalConfiguration } from './general.ts'
import { imageTeacherConfiguration } from './image-teacher.ts'
import { chosenInputs } from './inputs.ts'
import { checkRules } from './rules.ts'
import { videoTeacherConfiguration } from './video-teacher.ts'

/** The parts of a pipeline's configuration; `--set part.key=value` and the form go through this table. */
export const configurationParts = {
  general: generalConfiguration,
  clip: clipConfiguration,
  'image-teacher': imageTeacherConfiguration,
  'video-teacher': videoTeacherConfiguration,
  distill: distillConfiguration,
  finetune: finetuneConfiguration,
  evaluate: evaluateConfiguration,
}
export type ConfigurationPart = keyof typeof configurationParts

const shape = z.strictObject({
  stages: z
    .array(stageSchema)
    .min(1, 'Choose at least one stage.')
    .meta({ label: 'Stages', help: `Stages to run, in this order: ${stages.join(', ')}.` }),
  inputs: chosenInputs.default({}),
  ...configurationParts,
})

/** Everything that decides what a pipeline computes. Frozen when the pipeline is launched. */
export const pipelineConfiguration = shape.superRefine(checkRules)
export type PipelineConfiguration = z.infer<typeof shape>
