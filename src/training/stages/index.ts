import { distillStage } from './distill.ts'
import { evaluateStage } from './evaluate.ts'
import { finetuneStage } from './finetune.ts'
import { imageTeacherStage } from './image-teacher.ts'
import type { MeasuringStage, StageContext, TrainingStage } from './stage.ts'
import { videoTeacherStage } from './video-teacher.ts'

export type OpenedStage = { kind: 'training'; stage: TrainingStage } | { kind: 'measuring'; stage: MeasuringStage }

/** Opens the stage that the run's file names. */
export async function openStage(context: StageContext): Promise<OpenedStage> {
  const { task } = context.file
  if (task.stage === 'image-teacher') return { kind: 'training', stage: imageTeacherStage(context, task.configuration) }
  if (task.stage === 'video-teacher') return { kind: 'training', stage: videoTeacherStage(context, task.configuration) }
  if (task.stage === 'distill') return { kind: 'training', stage: await distillStage(context, task.configuration) }
  if (task.stage === 'finetune') return { kind: 'training', stage: finetuneStage(context, task.configuration) }
  return { kind: 'measuring', stage: await evaluateStage(context, task.configuration) }
}
