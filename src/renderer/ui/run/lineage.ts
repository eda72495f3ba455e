import type { ConfigurationPart, PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import { needsVideoTeacher } from '#contract/configuration/rules.ts'
import type { Stage } from '#contract/stages/stage.ts'

type Choices = {
  distill: Pick<PipelineConfiguration['distill'], 'teachers' | 'videoTarget'>
  finetune: Pick<PipelineConfiguration['finetune'], 'initialization'>
  inputs?: PipelineConfiguration['inputs']
}

/** A stage and the stages of the pipeline that it depends on, in the order in which they run. */
export function lineageOf(stage: Stage, configuration: Choices): Stage[] {
  const { initialization } = configuration.finetune
  const { imageTeacher, videoTeacher, model } = configuration.inputs ?? {}
  switch (stage) {
    case 'image-teacher':
    case 'video-teacher':
      return [stage]
    case 'distill':
      return [
        ...(configuration.distill.teachers === 'video' || imageTeacher !== undefined
          ? []
          : (['image-teacher'] as const)),
        ...(needsVideoTeacher(configuration.distill) && videoTeacher === undefined ? (['video-teacher'] as const) : []),
        stage,
      ]
    case 'finetune':
      return [
        ...(initialization === 'student'
          ? lineageOf('distill', configuration)
          : initialization === 'video-teacher' && videoTeacher === undefined
            ? lineageOf('video-teacher', configuration)
            : []),
        stage,
      ]
    case 'evaluate':
      // A model that fine-tuning does not start from is tested as it is.
      return model !== undefined && initialization !== 'checkpoint'
        ? [stage]
        : [...lineageOf('finetune', configuration), stage]
  }
}

/** Sections of the configuration that affect a run of this stage. */
export const partsOf = (stage: Stage, configuration: Choices): ConfigurationPart[] => [
  'general',
  'clip',
  ...lineageOf(stage, configuration),
]
