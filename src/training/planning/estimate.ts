import { availableParallelism } from 'node:os'
import { workersOf } from '#contract/configuration/workers.ts'
import { type EngineName, enginesWith, type Precision } from '#contract/domain/engine.ts'
import type { StageMemory } from '#contract/domain/memory.ts'
import type { ClipReader } from '../data/clip.ts'
import { cardMemoryOf } from './card-memory.ts'
import { type StageSize, stageMemoryOf } from './process-memory.ts'
import { type PlannedEngine, plannedCuda, recordingEngine, trainingSize } from './recording-engine.ts'
import { targetCostOf } from './target-cost.ts'
import { openUntrained, type UntrainedStage } from './untrained-models.ts'

/**
 * Memory of a stage, and what it takes to keep teacher features, from the graphs of its programs. Executes no step, draws no weights and opens no video.
 * @param chosenByAuto the engine that `auto` would choose, if it is known
 */
export async function estimateStage(wanted: UntrainedStage, chosenByAuto?: EngineName): Promise<StageMemory> {
  const { precision, engine } = wanted.configuration.general
  const chosen = engine === 'auto' ? (onlyEngineWith(precision) ?? chosenByAuto) : engine
  const isOnCard = chosen === 'onnx-cuda'
  const size = await (isOnCard ? recordStage(wanted, plannedCuda(precision)) : recordStage(wanted))
  const targets = targetCostOf(wanted, size)
  return {
    ...stageMemoryOf(wanted.stage, size, { isOnCard }),
    ...(isOnCard ? { card: { precision, ...cardMemoryOf(size) } } : {}),
    ...(targets === undefined ? {} : { targets }),
  }
}

function onlyEngineWith(precision: Precision): EngineName | undefined {
  const [first, ...others] = enginesWith(precision)
  return others.length === 0 ? first : undefined
}

/** Sizes of the recorded programs of a stage, by default on the processor in float32. */
export async function recordStage(
  wanted: UntrainedStage,
  planned: PlannedEngine = onProcessor(wanted),
): Promise<StageSize> {
  const engine = recordingEngine(planned)
  const { kind, stage } = await openUntrained(wanted, engine, noClips, 'any')
  try {
    if (kind === 'measuring') return { frozen: engine.recorded }
    return { training: trainingSize(stage.program, stage.initialParameters, planned), frozen: engine.recorded }
  } finally {
    await stage[Symbol.asyncDispose]()
  }
}

function onProcessor({ stage, configuration }: UntrainedStage): PlannedEngine {
  const workers = workersOf(configuration.general.workers, configuration[stage].batchSize, availableParallelism())
  return { name: 'onnx-cpu', workers }
}

const noClips: ClipReader = { read: () => Promise.reject(new Error('An estimate reads no clips.')) }
