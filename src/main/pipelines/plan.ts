import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import { needsVideoTeacher } from '#contract/configuration/rules.ts'
import { workersOf } from '#contract/configuration/workers.ts'
import { inputRoles } from '#contract/domain/model-ref.ts'
import type { Pipeline } from '#contract/domain/pipeline.ts'
import type { RunFile, RunInputs, StageConfiguration } from '#contract/domain/run.ts'
import { type Stage, stages } from '#contract/stages/stage.ts'
import type { ChosenModels } from './chosen.ts'

export const runId = (pipelineId: string, stage: Stage): string => `${pipelineId}.${stage}`

/** Stages to run, each once, in the order in which they depend on each other. */
export const orderStages = (chosen: readonly Stage[]): Stage[] => stages.filter((stage) => chosen.includes(stage))

/** `<dataset>-<preset>-<n>` with the first number that is free, short enough to be a name. */
export function defaultPipelineId(dataset: string, preset: string, isTaken: (id: string) => boolean): string {
  for (let number = 1; ; number++) {
    const ending = `-${number}`
    const id = `${dataset}-${preset}`.slice(0, 63 - ending.length) + ending
    if (!isTaken(id)) return id
  }
}

/** Which models each stage takes: those that were chosen, else those of the pipeline's own runs. */
export function stageInputs(
  stage: Stage,
  { distill, finetune, inputs, stages }: PipelineConfiguration,
  idOf: (stage: Stage) => string,
): RunInputs {
  switch (stage) {
    case 'image-teacher':
    case 'video-teacher':
      return {}
    case 'distill':
      return {
        ...(distill.teachers === 'video' ? {} : { imageTeacher: inputs.imageTeacher ?? idOf('image-teacher') }),
        ...(needsVideoTeacher(distill) ? { videoTeacher: inputs.videoTeacher ?? idOf('video-teacher') } : {}),
      }
    case 'finetune':
      switch (finetune.initialization) {
        case 'scratch':
          return {}
        case 'checkpoint':
          return inputs.model === undefined ? {} : { model: inputs.model }
        case 'student':
          return { model: idOf('distill') }
        case 'video-teacher':
          return { model: inputs.videoTeacher ?? idOf('video-teacher') }
      }
    case 'evaluate':
      return { model: stages.includes('finetune') ? idOf('finetune') : (inputs.model ?? idOf('finetune')) }
  }
}

/** The run files of a pipeline, one a stage, in order. `chosen` are the models that its configuration names, `processors` those of the machine that computes. */
export function planRuns(
  pipeline: Pipeline,
  paths: { manifest: string; frameCache: string },
  chosen: ChosenModels,
  processors: number,
): RunFile[] {
  const { configuration } = pipeline
  return configuration.stages.map((stage) => {
    const inputs = stageInputs(stage, configuration, (source) => runId(pipeline.id, source))
    return {
      version: 1,
      id: runId(pipeline.id, stage),
      pipelineId: pipeline.id,
      createdAt: pipeline.createdAt,
      general: {
        ...configuration.general,
        workers: workersOf(configuration.general.workers, configuration[stage].batchSize, processors),
      },
      clip: configuration.clip,
      task: stageConfiguration(stage, configuration),
      dataset: {
        name: pipeline.dataset,
        digest: pipeline.datasetDigest,
        manifest: paths.manifest,
        labels: pipeline.labels,
      },
      inputs,
      models: frozenOf(inputs, chosen),
      frameCache: paths.frameCache,
    }
  })
}

/** What was there of a stage's inputs when the pipeline was launched. */
function frozenOf(inputs: RunInputs, chosen: ChosenModels): RunFile['models'] {
  const models: RunFile['models'] = {}
  for (const role of inputRoles) {
    const found = Object.values(chosen).find(({ ref }) => ref === inputs[role])
    if (found?.frozen !== undefined) models[role] = found.frozen
  }
  return models
}

function stageConfiguration(stage: Stage, configuration: PipelineConfiguration): StageConfiguration {
  // One case a stage, so that the type of each configuration follows its stage.
  switch (stage) {
    case 'image-teacher':
      return { stage, configuration: configuration[stage] }
    case 'video-teacher':
      return { stage, configuration: configuration[stage] }
    case 'distill':
      return { stage, configuration: configuration[stage] }
    case 'finetune':
      return { stage, configuration: configuration[stage] }
    case 'evaluate':
      return { stage, configuration: configuration[stage] }
  }
}
