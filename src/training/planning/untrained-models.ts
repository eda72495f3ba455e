import type { ClipConfiguration } from '#contract/configuration/clip.ts'
import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { DatasetManifest } from '#contract/domain/dataset.ts'
import { inputRoles, roleTitles } from '#contract/domain/model-ref.ts'
import type { ModelDescription } from '#contract/domain/model.ts'
import { type Stage, stageConfigurationOf } from '#contract/stages/index.ts'
import { type ChosenDescriptions, inputModels } from '#contract/stages/made-model.ts'
import type { ClipReader } from '../data/clip.ts'
import type { Engine } from '../engine/program/engine.ts'
import { modelParameters } from '../model/layouts.ts'
import { type ParameterSpec, sizeOf } from '../model/parameters.ts'
import type { TrainedModel } from '../model/trained-model.ts'
import { type OpenedStage, openStage } from '../stages/index.ts'
import { freshParameters } from '../stages/optimization.ts'
import type { KeptTargets, StageInputs, TrainingStage } from '../stages/stage.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'

/**
 * Untrained models with the sizes that the models of a stage will have: enough to estimate or measure what the stage costs.
 * @param chosen descriptions of the models that the pipeline uses but does not train
 */
export function untrainedInputs(
  configuration: PipelineConfiguration,
  stage: Stage,
  classes: number,
  chosen: ChosenDescriptions,
  weights: UntrainedWeights = 'initial',
): StageInputs {
  const models = inputModels(stage, configuration, classes, chosen)
  return Object.fromEntries(
    inputRoles.flatMap((role) => {
      const model = models[role]
      const origin = `The untrained ${roleTitles[role].toLowerCase()}`
      return model === undefined ? [] : [[role, untrainedModel(origin, model, configuration.clip, weights)] as const]
    }),
  )
}

/** A model of this description with initial weights, for a clip that fits its patches. */
function untrainedModel(
  origin: string,
  model: ModelDescription,
  clip: ClipConfiguration,
  weights: UntrainedWeights,
): TrainedModel {
  const { patchSize, tubeletSize } = model.sizes
  const seen = {
    imageSize: (clip.imageSize / clip.patchSize) * patchSize,
    frames: model.layout === 'mae' ? tubeletSize : clip.frames,
  }
  return {
    origin,
    model,
    parameters: parametersOf(modelParameters(model, seen, origin), weights),
    classes: null,
    licenceNotes: [],
  }
}

/** Random weights, or any numbers if only shapes count: those are not drawn, which takes seconds for a large model. */
export type UntrainedWeights = 'initial' | 'any'

function parametersOf(specs: readonly ParameterSpec[], weights: UntrainedWeights): NamedHostTensors {
  if (weights === 'initial') return freshParameters(specs, 0)
  const largest = Math.max(0, ...specs.map(({ shape }) => sizeOf(shape)))
  const numbers = new Float32Array(largest)
  // All tensors share their numbers. A tensor of equal numbers would be recorded as one number.
  numbers[0] = 1
  return Object.fromEntries(
    specs.map(({ name, shape }) => [
      name,
      { shape, dtype: 'float32', data: numbers.subarray(0, sizeOf(shape)) } as const,
    ]),
  )
}

/** A stage to open without a run, for an estimate or a measurement. */
export interface UntrainedStage {
  readonly stage: Stage
  readonly configuration: PipelineConfiguration
  readonly manifest: DatasetManifest
  /** Name of the label set, if the stage has one. */
  readonly labels: string | null
  /** Descriptions of the models that the pipeline uses but does not train. */
  readonly models: ChosenDescriptions
  /** Where features of teachers are kept; nowhere by default. */
  readonly keptTargets?: KeptTargets
}

/** Opens a stage with untrained models; everything else is as in a run. It writes no files. */
export function openUntrained(
  { stage, configuration, manifest, labels, models, keptTargets }: UntrainedStage,
  engine: Engine,
  clipReader: ClipReader,
  weights: UntrainedWeights = 'initial',
): Promise<OpenedStage> {
  const labelSet = manifest.labelSets.find(({ name }) => name === labels)
  return openStage(stageConfigurationOf(stage, configuration), {
    seed: configuration.general.seed,
    clip: configuration.clip,
    labelSet,
    folder: '',
    manifest,
    engine,
    clipReader,
    keptTargets,
    inputs: untrainedInputs(configuration, stage, labelSet?.classes.length ?? 1, models, weights),
    warn: () => {},
  })
}

/** Opens a stage that trains. @throws Error if it does not train. */
export async function openUntrainedTraining(
  untrained: UntrainedStage,
  engine: Engine,
  clipReader: ClipReader,
): Promise<TrainingStage> {
  const opened = await openUntrained(untrained, engine, clipReader)
  if (opened.kind !== 'training') throw new Error(`The stage ${untrained.stage} does not train.`)
  return opened.stage
}
