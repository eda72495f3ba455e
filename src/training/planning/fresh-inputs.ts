import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import { needsVideoTeacher } from '#contract/configuration/rules.ts'
import { type InputRole, inputRoles, roleTitles } from '#contract/domain/model-ref.ts'
import { type ModelDescription, modelOfTask } from '#contract/domain/model.ts'
import type { StageConfiguration } from '#contract/domain/run.ts'
import type { Stage } from '#contract/stages/stage.ts'
import { modelParameters } from '../model/layouts.ts'
import type { TrainedModel } from '../model/trained-model.ts'
import { freshParameters } from '../stages/optimization.ts'
import type { StageInputs } from '../stages/stage.ts'

/** Descriptions of the models that a pipeline takes from elsewhere. */
export type ChosenModels = Partial<Record<InputRole, ModelDescription>>

/**
 * Untrained models in the place of trained ones: enough to measure what a stage costs. Sizes are those of the chosen models, or of
 * the stages that will make them.
 */
export function freshInputs(
  configuration: PipelineConfiguration,
  stage: Stage,
  classes: number,
  chosen: ChosenModels,
): StageInputs {
  const { clip, distill, finetune } = configuration
  const made = (task: Exclude<StageConfiguration, { stage: 'evaluate' }>): ModelDescription =>
    modelOfTask(task, clip, classes)
  const imageTeacher = () =>
    chosen.imageTeacher ?? made({ stage: 'image-teacher', configuration: configuration['image-teacher'] })
  const videoTeacher = () =>
    chosen.videoTeacher ?? made({ stage: 'video-teacher', configuration: configuration['video-teacher'] })
  const start = () => {
    if (finetune.initialization === 'scratch') return undefined
    if (finetune.initialization === 'checkpoint') return chosen.model
    return finetune.initialization === 'video-teacher'
      ? videoTeacher()
      : made({ stage: 'distill', configuration: distill })
  }
  switch (stage) {
    case 'image-teacher':
    case 'video-teacher':
      return {}
    case 'distill':
      return untrained(
        {
          ...(distill.teachers === 'video' ? {} : { imageTeacher: imageTeacher() }),
          ...(needsVideoTeacher(distill) ? { videoTeacher: videoTeacher() } : {}),
        },
        clip,
      )
    case 'finetune':
      return untrained({ model: start() }, clip)
    case 'evaluate':
      return untrained(
        {
          model: configuration.stages.includes('finetune')
            ? classifierOn(start(), made({ stage: 'finetune', configuration: finetune }))
            : chosen.model,
        },
        clip,
      )
  }
}

/** The classifier that fine-tuning makes of what it starts from. */
function classifierOn(start: ModelDescription | undefined, fresh: ModelDescription): ModelDescription {
  if (start === undefined) return fresh
  const { width, depth, heads, mlpWidth, qkvBias } = start.sizes
  return { ...fresh, sizes: { ...fresh.sizes, width, depth, heads, mlpWidth, qkvBias } }
}

function untrained(
  models: Partial<Record<InputRole, ModelDescription | undefined>>,
  clip: ClipConfiguration,
): StageInputs {
  const inputs: Partial<Record<InputRole, TrainedModel>> = {}
  for (const role of inputRoles) {
    const model = models[role]
    if (model === undefined) continue
    const { patchSize, tubeletSize } = model.sizes
    const seen = {
      imageSize: (clip.imageSize / clip.patchSize) * patchSize,
      frames: model.layout === 'mae' ? tubeletSize : clip.frames,
    }
    const origin = `The untrained ${roleTitles[role].toLowerCase()}`
    inputs[role] = {
      origin,
      model,
      parameters: freshParameters(modelParameters(model.layout, model.sizes, seen, origin), 0),
      classes: null,
      licenceNotes: [],
    }
  }
  return inputs
}
