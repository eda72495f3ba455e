import { availableParallelism } from 'node:os'
import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import { workersOf } from '#contract/configuration/workers.ts'
import type { DatasetManifest } from '#contract/domain/dataset.ts'
import type { StageMemory } from '#contract/domain/memory.ts'
import type { RunFile } from '#contract/domain/run.ts'
import type { Stage } from '#contract/stages/index.ts'
import type { ChosenDescriptions } from '#contract/stages/made-model.ts'
import type { ClipReader } from '../data/clip.ts'
import { openStage } from '../stages/index.ts'
import { type StageSize, stageMemoryOf } from './process-memory.ts'
import { recordingEngine, trainingSize } from './recording-engine.ts'
import { untrainedInputs } from './untrained-models.ts'

export interface EstimatedStage {
  readonly stage: Stage
  readonly configuration: PipelineConfiguration
  readonly manifest: DatasetManifest
  /** Name of the label set, where the stage has one. */
  readonly labels: string | null
  /** Descriptions of the models that the pipeline takes from elsewhere. */
  readonly models: ChosenDescriptions
}

/** What a stage will take, from the graphs of its programs. Nothing is computed, no weight is drawn and no video opened. */
export async function estimateStage(wanted: EstimatedStage): Promise<StageMemory> {
  return stageMemoryOf(wanted.stage, await recordStage(wanted))
}

/** Records the programs of a stage. */
export async function recordStage({
  stage: name,
  configuration,
  manifest,
  labels,
  models,
}: EstimatedStage): Promise<StageSize> {
  const { general, clip } = configuration
  const task = { stage: name, configuration: configuration[name] } as RunFile['task']
  const dataset = { name: manifest.name, digest: manifest.digest, manifest: '', labels }
  const file: RunFile = {
    version: 1,
    id: 'estimate',
    pipelineId: 'estimate',
    createdAt: '',
    general,
    clip,
    task,
    dataset,
    inputs: {},
    models: {},
    frameCache: '',
  }
  const classes = manifest.labelSets.find((set) => set.name === labels)?.classes.length ?? 1
  const workers = workersOf(general.workers, configuration[name].batchSize, availableParallelism())
  const engine = recordingEngine(workers)
  const { kind, stage } = await openStage({
    file,
    folder: '',
    manifest,
    engine,
    pool: noClips,
    inputs: untrainedInputs(configuration, name, classes, models),
    warn: () => {},
  })
  try {
    if (kind === 'measuring') return { frozen: engine.recorded }
    return { training: trainingSize(stage.program, stage.initialParameters, workers), frozen: engine.recorded }
  } finally {
    await stage[Symbol.asyncDispose]()
  }
}

const noClips: ClipReader = { read: () => Promise.reject(new Error('An estimate reads no clips.')) }
