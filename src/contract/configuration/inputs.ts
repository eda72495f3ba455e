import { z } from 'zod'
import { modelRef } from '../domain/model-ref.ts'
import type { Stage } from '../stages/stage.ts'
import type { FinetuneConfiguration } from './finetune.ts'
import './meta.ts'

/** Models that are not made by the pipeline itself: imported ones, or checkpoints of other runs. */
export const chosenInputs = z.strictObject({
  imageTeacher: modelRef
    .optional()
    .meta({ label: 'Image teacher', help: 'Teaches the student in place of an image teacher that is trained here.' }),
  videoTeacher: modelRef
    .optional()
    .meta({ label: 'Video teacher', help: 'Teaches the student in place of a video teacher that is trained here.' }),
  model: modelRef
    .optional()
    .meta({ label: 'Starting point', help: 'What fine-tuning starts from; without fine-tuning, what the test tests.' }),
})
export type ChosenInputs = z.infer<typeof chosenInputs>

interface Chain {
  readonly stages: readonly Stage[]
  readonly initialization: FinetuneConfiguration['initialization']
}

/**
 * A chain that takes the chosen models: the stages that would have made them are left out, those before them as well, and
 * fine-tuning starts from the chosen model.
 */
export function chainWith(
  { stages, initialization }: Chain,
  { imageTeacher, videoTeacher, model }: ChosenInputs,
): Chain {
  const startsFrom = model !== undefined && stages.includes('finetune')
  const replaced: readonly Stage[] = [
    ...(imageTeacher === undefined ? [] : (['image-teacher'] as const)),
    ...(videoTeacher === undefined ? [] : (['video-teacher'] as const)),
    ...(startsFrom ? (['image-teacher', 'video-teacher', 'distill'] as const) : []),
  ]
  return {
    stages: stages.filter((stage) => !replaced.includes(stage)),
    initialization: startsFrom ? 'checkpoint' : initialization,
  }
}
