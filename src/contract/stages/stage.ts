import { z } from 'zod'

/** The five stages of an MVD pipeline, in the order in which they run. */
export const stages = ['image-teacher', 'video-teacher', 'distill', 'finetune', 'evaluate'] as const
export const stageSchema = z.enum(stages)
export type Stage = z.infer<typeof stageSchema>

export const stageTitles: Record<Stage, string> = {
  'image-teacher': 'Image teacher',
  'video-teacher': 'Video teacher',
  distill: 'Distillation',
  finetune: 'Fine-tuning',
  evaluate: 'Test',
}
