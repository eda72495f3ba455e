import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import { inputRoles, roleTitles } from '#contract/domain/model-ref.ts'
import type { ModelDescription } from '#contract/domain/model.ts'
import type { Stage } from '#contract/stages/index.ts'
import { type ChosenDescriptions, inputModels } from '#contract/stages/made-model.ts'
import { modelParameters } from '../model/layouts.ts'
import type { TrainedModel } from '../model/trained-model.ts'
import { freshParameters } from '../stages/optimization.ts'
import type { StageInputs } from '../stages/stage.ts'

/**
 * Untrained models with the sizes that the models of a stage will have: enough to estimate or measure what the stage costs.
 * @param chosen descriptions of the models that the pipeline takes and does not train
 */
export function untrainedInputs(
  configuration: PipelineConfiguration,
  stage: Stage,
  classes: number,
  chosen: ChosenDescriptions,
): StageInputs {
  const models = inputModels(stage, configuration, classes, chosen)
  return Object.fromEntries(
    inputRoles.flatMap((role) => {
      const model = models[role]
      const origin = `The untrained ${roleTitles[role].toLowerCase()}`
      return model === undefined ? [] : [[role, untrainedModel(origin, model, configuration.clip)] as const]
    }),
  )
}

/** A model of this description with initial weights, for a clip that it sees in its own patches. */
function untrainedModel(origin: string, model: ModelDescription, clip: ClipConfiguration): TrainedModel {
  const { patchSize, tubeletSize } = model.sizes
  const seen = {
    imageSize: (clip.imageSize / clip.patchSize) * patchSize,
    frames: model.layout === 'mae' ? tubeletSize : clip.frames,
  }
  return {
    origin,
    model,
    parameters: freshParameters(modelParameters(model.layout, model.sizes, seen, origin), 0),
    classes: null,
    licenceNotes: [],
  }
}
