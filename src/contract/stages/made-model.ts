import type { PipelineConfiguration } from '../configuration/pipeline.ts'
import type { InputRole } from '../domain/model-ref.ts'
import type { ModelDescription } from '../domain/model.ts'
import { inputsOf, type ResolvedSource } from './chain.ts'
import { type Stage, stages } from './index.ts'

/** Descriptions of the chosen models, by the role that each was chosen for. */
export type ChosenDescriptions = Readonly<Partial<Record<InputRole, ModelDescription>>>

/**
 * The model of a source of a pipeline: the chosen one, or the one that the stage makes from its own inputs.
 * Undefined if a model was chosen that has no description.
 */
export const madeModel = (
  source: ResolvedSource,
  configuration: PipelineConfiguration,
  classes: number | null,
  chosen: ChosenDescriptions,
): ModelDescription | undefined =>
  source.kind === 'chosen'
    ? chosen[source.role]
    : stages[source.stage].model(configuration[source.stage], {
        clip: configuration.clip,
        classes,
        inputs: inputModels(source.stage, configuration, classes, chosen),
      })

/** The models that a stage will take, by role, as far as they are described. */
export function inputModels(
  stage: Stage,
  configuration: PipelineConfiguration,
  classes: number | null,
  chosen: ChosenDescriptions,
): Partial<Record<InputRole, ModelDescription>> {
  const models: Partial<Record<InputRole, ModelDescription>> = {}
  for (const { role, source } of inputsOf(stage, configuration)) {
    const model = source === undefined ? undefined : madeModel(source, configuration, classes, chosen)
    if (model !== undefined) models[role] = model
  }
  return models
}
