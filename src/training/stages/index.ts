import type { Stage, StageConfiguration } from '#contract/stages/index.ts'
import { distillStage } from './distill.ts'
import { evaluateStage } from './evaluate.ts'
import { finetuneStage } from './finetune.ts'
import { imageTeacherStage } from './image-teacher.ts'
import type { MeasuringStage, StageContext, TrainingStage } from './stage.ts'
import { videoTeacherStage } from './video-teacher.ts'

export type OpenedStage = { kind: 'training'; stage: TrainingStage } | { kind: 'measuring'; stage: MeasuringStage }

type ConfigurationOf<S extends Stage> = Extract<StageConfiguration, { stage: S }>['configuration']
type Openers = {
  [S in Stage]: (
    context: StageContext,
    configuration: ConfigurationOf<S>,
  ) => TrainingStage | MeasuringStage | Promise<TrainingStage | MeasuringStage>
}

const openers: Openers = {
  'image-teacher': imageTeacherStage,
  'video-teacher': videoTeacherStage,
  distill: distillStage,
  finetune: finetuneStage,
  evaluate: evaluateStage,
}

/** Opens a stage with its configuration. */
export async function openStage(
  { stage, configuration }: StageConfiguration,
  context: StageContext,
): Promise<OpenedStage> {
  // Each opener takes the configuration of its own stage, which the discriminated union guarantees.
  const opened = await openers[stage](context, configuration as never)
  return 'program' in opened ? { kind: 'training', stage: opened } : { kind: 'measuring', stage: opened }
}
