import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import { workersOf } from '#contract/configuration/workers.ts'
import { traitsOf } from '#contract/domain/engine.ts'
import type { DatasetContents, LaunchCode } from '#contract/domain/environment.ts'
import { inputRoles } from '#contract/domain/model-ref.ts'
import { type LaunchedPipelineFile, runId } from '#contract/domain/pipeline.ts'
import { type ResourceRequest, wholeSlot } from '#contract/domain/resources.ts'
import type { RunFile, RunInputs } from '#contract/domain/run.ts'
import { formatVersions } from '#contract/layout.ts'
import { inputsOf } from '#contract/stages/chain.ts'
import { type Stage, stageConfigurationOf, stageNames } from '#contract/stages/index.ts'
import type { ChosenModels } from './chosen.ts'

/** Stages to run, each once, in the order in which they depend on each other. */
export const orderStages = (chosen: readonly Stage[]): Stage[] => stageNames.filter((stage) => chosen.includes(stage))

/** `<dataset>-<preset>-<n>` with the first free number, short enough to be a name. */
export function defaultPipelineId(dataset: string, preset: string, isTaken: (id: string) => boolean): string {
  for (let number = 1; ; number++) {
    const ending = `-${number}`
    const id = `${dataset}-${preset}`.slice(0, 63 - ending.length) + ending
    if (!isTaken(id)) return id
  }
}

/** References to the models that a stage takes: chosen models, or the runs of the pipeline that make them. */
export function stageInputs(
  stage: Stage,
  configuration: PipelineConfiguration,
  idOf: (stage: Stage) => string,
): RunInputs {
  const inputs: RunInputs = {}
  for (const { role, source } of inputsOf(stage, configuration)) {
    if (source !== undefined) inputs[role] = source.kind === 'chosen' ? source.ref : idOf(source.stage)
  }
  return inputs
}

/**
 * The run files of a pipeline, one per stage, in order. `chosen` are the models that its configuration names, `processors` the
 * processors of the machine that computes.
 */
export function planRuns(
  pipeline: LaunchedPipelineFile,
  /** Relative to the workspace. */
  paths: { manifest: string; frameCache: string; targetCache: string },
  chosen: ChosenModels,
  processors: number,
  /** What is recorded of the launch. */
  origin?: { code: LaunchCode; contents: DatasetContents },
): RunFile[] {
  const { configuration } = pipeline
  return configuration.stages.map((stage, index) => {
    const inputs = stageInputs(stage, configuration, (source) => runId(pipeline.id, source))
    return {
      version: formatVersions.run,
      id: runId(pipeline.id, stage),
      pipelineId: pipeline.id,
      createdAt: pipeline.createdAt,
      general: {
        ...configuration.general,
        workers: workersOf(configuration.general.workers, configuration[stage].batchSize, processors),
      },
      clip: configuration.clip,
      task: stageConfigurationOf(stage, configuration),
      dataset: {
        name: pipeline.dataset,
        digest: pipeline.datasetDigest,
        manifest: paths.manifest,
        labels: pipeline.labels,
        ...(pipeline.exclusions === undefined ? {} : { exclusions: pipeline.exclusions }),
        ...(origin === undefined ? {} : { contents: origin.contents }),
      },
      ...(origin === undefined ? {} : { code: origin.code }),
      inputs,
      ...(index > 0 || pipeline.continues === undefined ? {} : { continues: pipeline.continues }),
      models: frozenOf(inputs, chosen),
      frameCache: paths.frameCache,
      targetCache: paths.targetCache,
      request: { ...wholeSlot, ...cardRequest(configuration.general) },
    }
  })
}

/** The inputs of a stage that existed when the pipeline was launched. */
function frozenOf(inputs: RunInputs, chosen: ChosenModels): RunFile['models'] {
  const models: RunFile['models'] = {}
  for (const role of inputRoles) {
    const found = Object.values(chosen).find(({ ref }) => ref === inputs[role])
    if (found?.frozen !== undefined) models[role] = found.frozen
  }
  return models
}

/** Whether an engine needs a graphics card, and how many NVIDIA cards a run takes for itself. WebGPU cannot be bound to one. */
function cardRequest({ engine, cards }: PipelineConfiguration['general']): Pick<ResourceRequest, 'card' | 'cards'> {
  if (engine === 'auto') return { card: 'preferred', cards }
  const card = cardByDevice[traitsOf(engine).device]
  return { card, cards: engine === 'onnx-cuda' ? cards : engine === 'tensorflow' ? 1 : 0 }
}

const cardByDevice = { 'graphics card': 'required', processor: 'none', any: 'preferred' } as const
