import { availableParallelism } from 'node:os'
import { workersOf } from '#contract/configuration/workers.ts'
import type { StageMemory } from '#contract/domain/memory.ts'
import type { ClipReader } from '../data/clip.ts'
import { type StageSize, stageMemoryOf } from './process-memory.ts'
import { recordingEngine, trainingSize } from './recording-engine.ts'
import { openUntrained, type UntrainedStage } from './untrained-models.ts'

/** Memory of a stage, from the graphs of its programs. Executes no step, draws no weights and opens no video. */
export async function estimateStage(wanted: UntrainedStage): Promise<StageMemory> {
  return stageMemoryOf(wanted.stage, await recordStage(wanted))
}

/** Sizes of the recorded programs of a stage. */
export async function recordStage(wanted: UntrainedStage): Promise<StageSize> {
  const { general } = wanted.configuration
  const workers = workersOf(general.workers, wanted.configuration[wanted.stage].batchSize, availableParallelism())
  const engine = recordingEngine(workers)
  const { kind, stage } = await openUntrained(wanted, engine, noClips)
  try {
    if (kind === 'measuring') return { frozen: engine.recorded }
    return { training: trainingSize(stage.program, stage.initialParameters, workers), frozen: engine.recorded }
  } finally {
    await stage[Symbol.asyncDispose]()
  }
}

const noClips: ClipReader = { read: () => Promise.reject(new Error('An estimate reads no clips.')) }
