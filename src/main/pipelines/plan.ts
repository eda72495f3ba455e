import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { Pipeline } from '#contract/pipeline.ts'
import type { RunFile, RunInputs, StageConfiguration } from '#contract/run.ts'
import { type Stage, stages } from '#contract/stage.ts'

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

/** Which run each stage takes its checkpoints from. */
export function stageInputs(stage: Stage, { distill, finetune }: PipelineConfiguration, idOf: (stage: Stage) => string): RunInputs {
  switch (stage) {
    case 'image-teacher':
    case 'video-teacher':
      return {}
    case 'distill':
      return {
        ...(distill.teachers === 'video' ? {} : { imageTeacher: idOf('image-teacher') }),
        ...(distill.teachers === 'image' ? {} : { videoTeacher: idOf('video-teacher') }),
      }
    case 'finetune':
      if (finetune.initialization === 'scratch') return {}
      return { model: idOf(finetune.initialization === 'student' ? 'distill' : 'video-teacher') }
    case 'evaluate':
      return { model: idOf('finetune') }
  }
}

/** The run files of a pipeline, one a stage, in order. */
export function planRuns(pipeline: Pipeline, paths: { manifest: string; frameCache: string }): RunFile[] {
  const { configuration } = pipeline
  return configuration.stages.map((stage) => ({
    version: 1,
    id: runId(pipeline.id, stage),
    pipelineId: pipeline.id,
    createdAt: pipeline.createdAt,
    general: configuration.general,
    clip: configuration.clip,
    task: stageConfiguration(stage, configuration),
    dataset: { name: pipeline.dataset, digest: pipeline.datasetDigest, manifest: paths.manifest, labels: pipeline.labels },
    inputs: stageInputs(stage, configuration, (source) => runId(pipeline.id, source)),
    frameCache: paths.frameCache,
  }))
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
