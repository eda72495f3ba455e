import { availableParallelism } from 'node:os'
import type { TaskInput, TaskResult } from '#contract/api/tasks.ts'
import { memorySettings, waysToSaveMemory } from '#contract/configuration/memory.ts'
import { workersOf } from '#contract/configuration/workers.ts'
import { computedShare } from '#contract/domain/target-cost.ts'
import type { Task } from '#node/serve-task.ts'
import type { Engine } from '../engine/program/engine.ts'
import { initialState } from '../engine/program/state.ts'
import { peakMemoryMib } from '../planning/peak.ts'
import { openUntrained } from '../planning/untrained-models.ts'
import { explainOutOfMemory } from '../run/out-of-memory.ts'
import { readManifestFile } from '../run/read-run.ts'
import { doBatch } from '../run/step.ts'
import { createEngine } from '../selection/create-engine.ts'
import type { OpenedStage } from '../stages/index.ts'
import { createVideoPool } from '../video/worker/pool.ts'

const measuredSteps = 3

/** Computes a few real batches of a stage, with untrained models instead of those of earlier runs. */
export const measure: Task<'measure'> = async (input, _report, signal) => {
  const { stage, configuration } = input
  try {
    return await measureStage(input, signal)
  } catch (cause) {
    throw explainOutOfMemory(
      cause,
      stage,
      `To use less memory: ${waysToSaveMemory(memorySettings(stage, configuration))}`,
    )
  }
}

async function measureStage(input: TaskInput<'measure'>, signal: AbortSignal): Promise<TaskResult<'measure'>> {
  const manifest = readManifestFile(input.manifest, input.configuration.general.splitSet, input.exclusions)
  const { configuration, stage } = input
  const engine = await createEngine(configuration.general.engine, {
    workers: workersOf(configuration.general.workers, configuration[stage].batchSize, availableParallelism()),
    precision: configuration.general.precision,
    tf32: configuration.general.tf32,
    devices: Array.from({ length: configuration.general.cards }, (_, number) => number),
  })
  const pool = createVideoPool({ frameCache: input.frameCache })
  try {
    const opened = await openUntrained({ ...input, manifest }, engine, pool)
    try {
      const secondsPerStep = await timeSteps(opened, engine, signal, computedShare(configuration[stage]))
      const { parameterCount } = opened.stage
      const steps = opened.kind === 'training' ? opened.stage.stepsPerEpoch * opened.stage.epochs : opened.stage.steps
      const memoryBytes = Math.round(peakMemoryMib() * 2 ** 20)
      return {
        stage,
        parameters: parameterCount,
        steps,
        secondsPerStep,
        durationMs: secondsPerStep * steps * 1000,
        memoryBytes,
        engine: engine.description,
      }
    } finally {
      await opened.stage[Symbol.asyncDispose]()
    }
  } finally {
    await pool.dispose()
    await engine.dispose()
  }
}

/**
 * Seconds of an optimizer step by the median of its batches, data included, after one to warm up; on average over a run whose frozen models
 * compute a share of the clips.
 */
async function timeSteps(opened: OpenedStage, engine: Engine, signal: AbortSignal, computed: number): Promise<number> {
  if (opened.kind === 'measuring') {
    const { stage } = opened
    return medianSeconds(stage.steps, signal, async (step) => {
      await stage.step(step)
      return 0
    })
  }
  const { stage } = opened
  const session = await engine.training(stage.program, initialState(stage.initialParameters, stage.program.groups))
  try {
    const { accumulationSteps } = stage
    const batches = stage.stepsPerEpoch * stage.epochs * accumulationSteps
    const seconds = await medianSeconds(batches, signal, async (batch) => {
      const [step, index] = [Math.floor(batch / accumulationSteps), batch % accumulationSteps]
      const { targetsMs } = await doBatch(stage, session, step, index)
      return targetsMs * (1 - computed)
    })
    return seconds * accumulationSteps
  } finally {
    await session.dispose()
  }
}

/** @param perform returns the part of its time, in ms, that does not count */
async function medianSeconds(
  available: number,
  signal: AbortSignal,
  perform: (step: number) => Promise<number>,
): Promise<number> {
  const seconds: number[] = []
  for (let step = 0; step < Math.min(measuredSteps + 1, available); step++) {
    signal.throwIfAborted()
    const from = performance.now()
    const savedMs = await perform(step)
    seconds.push((performance.now() - from - savedMs) / 1000)
  }
  const timed = (seconds.length > 1 ? seconds.slice(1) : seconds).toSorted((a, b) => a - b)
  return timed[Math.floor(timed.length / 2)] ?? 0
}
