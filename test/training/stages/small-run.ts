import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { type PipelineConfiguration, pipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { DatasetManifest } from '#contract/domain/dataset.ts'
import { stageConfigurationOf } from '#contract/stages/index.ts'
import type { Engine, TrainingState } from '#training/engine/program/engine.ts'
import { initialState } from '#training/engine/program/state.ts'
import { untrainedInputs } from '#training/planning/untrained-models.ts'
import { type DoneStep, doStep } from '#training/run/step.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import { openStage } from '#training/stages/index.ts'
import type { KeptTargets, StageContext, TrainingStage } from '#training/stages/stage.ts'
import { inspectFile } from '#training/video/decode/inspect-file.ts'
import { openNodeAv } from '#training/video/decode/node-av.ts'
import { createVideoPool, type VideoPool } from '#training/video/worker/pool.ts'
import { type LabelledVideo, manifestOf } from '../../support/manifest.ts'
import { readableVideos } from '../../support/videos/index.ts'

type TrainedStage = 'image-teacher' | 'video-teacher' | 'distill' | 'finetune'
type Part<S extends TrainedStage> = Partial<PipelineConfiguration[S]>

const sizes = { width: 32, depth: 2, heads: 2 }
const decoder = { decoderWidth: 32, decoderDepth: 1, decoderHeads: 2 }
const optimization = {
  epochs: 6,
  batchSize: 4,
  samplesPerVideo: 1,
  learningRate: 0.02,
  minLearningRate: 0,
  warmupEpochs: 0,
  weightDecay: 0.05,
  beta1: 0.9,
  beta2: 0.95,
  clipGradient: 0,
}

/** A pipeline small enough to train within a test; what is not named is off or as published. */
export function smallConfiguration<S extends TrainedStage>(stage: S, change: Part<S>): PipelineConfiguration {
  const parts = {
    'image-teacher': {
      imageSize: 32,
      patchSize: 8,
      ...sizes,
      ...decoder,
      maskRatio: 0.75,
      normalizeTarget: true,
      cropAreaMin: 0.4,
      flip: false,
      ...optimization,
    },
    'video-teacher': { ...sizes, ...decoder, maskRatio: 0.75, normalizeTarget: true, ...optimization },
    distill: {
      teachers: 'both',
      loss: 'smooth-l1',
      imageTeacherWeight: 1,
      videoTeacherWeight: 1,
      normalizeTargets: false,
      ...sizes,
      ...decoder,
      maskRatio: 0.75,
      dropPath: 0,
      ...optimization,
    },
    finetune: {
      initialization: 'scratch',
      ...sizes,
      dropPath: 0,
      labelSmoothing: 0.1,
      mixup: 0,
      cutmix: 0,
      cropAreaMin: 0.4,
      flip: true,
      layerDecay: 0.75,
      headInitScale: 1,
      ...optimization,
    },
  }
  return pipelineConfiguration.parse({
    stages: ['image-teacher', 'video-teacher', 'distill', 'finetune', 'evaluate'],
    general: { seed: 3, engine: 'onnx-cpu', checkpointEveryEpochs: 1, mediaEveryEpochs: 1 },
    clip: { frames: 4, frameStride: 2, imageSize: 32, patchSize: 8, tubeletSize: 2 },
    ...parts,
    [stage]: { ...parts[stage], ...change },
    evaluate: {
      temporalViews: 1,
      spatialViews: 1,
      batchSize: 4,
      sampling: stage === 'finetune' && 'sampling' in change ? change.sampling : 'dense',
    },
  })
}

/** The engine, with a count of the inferences of each program. */
function counting(engine: Engine, counts: Map<string, number>): Engine {
  return {
    ...engine,
    async inference(program, parameters) {
      const session = await engine.inference(program, parameters)
      return {
        run(inputs) {
          counts.set(program.name, (counts.get(program.name) ?? 0) + 1)
          return session.run(inputs)
        },
        dispose: () => session.dispose(),
      }
    },
  }
}

export interface TrainedSteps {
  readonly results: readonly DoneStep[]
  readonly state: TrainingState
}

/** Opens what stages need, for the tests of one file: real videos, real workers, the compiled engine. */
export function useSmallRuns() {
  let root = ''
  let manifest: DatasetManifest
  let pool: VideoPool
  let engine: Engine
  /** How often each frozen model was computed, by the name of its program. */
  const inferences = new Map<string, number>()
  const warnings: string[] = []
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'stages-'))
    mkdirSync(join(root, 'videos'))
    const decoder = await openNodeAv()
    const videos: LabelledVideo[] = []
    for (const [index, file] of readableVideos().entries()) {
      const path = `videos/${basename(file)}`
      copyFileSync(file, join(root, path))
      const inspected = await inspectFile(decoder, file)
      if (inspected.state !== 'readable') throw new Error(inspected.reason)
      videos.push({ ...inspected.facts, id: `v${index}`, path, split: 'train', labels: { kind: index % 3 } })
    }
    manifest = manifestOf(videos.slice(0, 8), {
      name: 'codecs',
      root,
      labelSets: [{ name: 'kind', classes: ['a', 'b', 'c'] }],
    })
    pool = createVideoPool({ workers: 1, frameCache: join(root, 'cache') })
    engine = counting(await createEngine('onnx-cpu', { threads: 2 }), inferences)
  })
  afterAll(async () => {
    await pool.dispose()
    await engine.dispose()
    rmSync(root, { recursive: true })
  })

  function contextOf<S extends TrainedStage>(stage: S, change: Part<S>): StageContext {
    const configuration = smallConfiguration(stage, change)
    return {
      seed: configuration.general.seed,
      clip: configuration.clip,
      labelSet: manifest.labelSets[0],
      folder: root,
      manifest,
      engine,
      clipReader: pool,
      inputs: untrainedInputs(configuration, stage, 3, {}),
      warn: (message) => void warnings.push(message),
    }
  }

  async function open<S extends TrainedStage>(
    stage: S,
    change: Part<S>,
    keptTargets?: KeptTargets,
  ): Promise<TrainingStage> {
    const configuration = smallConfiguration(stage, change)
    const opened = await openStage(stageConfigurationOf(stage, configuration), {
      ...contextOf(stage, change),
      keptTargets,
    })
    if (opened.kind !== 'training') throw new Error(`${stage} does not train.`)
    return opened.stage
  }

  /** Opens a stage, does some of its steps and reads the state after them. */
  async function train<S extends TrainedStage>(
    stage: S,
    change: Part<S>,
    steps: readonly number[],
    from?: TrainingState,
    keptTargets?: KeptTargets,
  ): Promise<TrainedSteps> {
    const opened = await open(stage, change, keptTargets)
    const session = await engine.training(
      opened.program,
      from ?? initialState(opened.initialParameters, opened.program.groups),
    )
    const results: DoneStep[] = []
    for (const step of steps) {
      const result = await doStep(opened, session, step, () => 'continue')
      if (result !== undefined) results.push(result)
    }
    const state = await session.readState()
    await session.dispose()
    await opened[Symbol.asyncDispose]()
    return { results, state }
  }

  const openTraining = (stage: TrainingStage, from: TrainingState) => engine.training(stage.program, from)

  return { contextOf, open, openTraining, train, inferences, warnings }
}
