import { availableParallelism } from 'node:os'
import { workersOf } from '#contract/configuration/workers.ts'
import { optionsToSaveMemory } from '#contract/domain/bench.ts'
import type { Task } from '#node/serve-task.ts'
import { observe } from '../bench/observed-engine.ts'
import { timeSteps } from '../bench/steps.ts'
import { explainOutOfMemory } from '../run/out-of-memory.ts'
import { createEngine } from '../selection/create-engine.ts'
import { throwIfCancelled } from './throw-if-cancelled.ts'

/** Times whole steps of a stage. */
export const benchStep: Task<'bench-step'> = async (request, report, signal) => {
  try {
    return await bench(request, report, signal)
  } catch (cause) {
    throw explainOutOfMemory(cause, request.stage, `To use less memory: ${optionsToSaveMemory(request)}`)
  }
}

const bench: Task<'bench-step'> = async (request, report, signal) => {
  const { stage, steps, precision, tf32 } = request
  const engine = observe(
    await createEngine(request.engine, {
      workers: workersOf(request.workers, request.batch, availableParallelism()),
      devices: Array.from({ length: request.cards }, (_, number) => number),
      precision,
      tf32,
      mayImitate: true,
    }),
  )
  try {
    const { seconds, parameterCount, peakMib } = await timeSteps(request, engine, async (done) => {
      await throwIfCancelled(signal)
      report({ done, total: steps })
    })
    const medianSeconds = median(seconds)
    const flops = engine.countFlops(request.targetCache ? 'frozen' : undefined)
    return {
      stage,
      engine: engine.name,
      device: engine.description,
      precision,
      steps,
      medianSeconds,
      minSeconds: Math.min(...seconds),
      setUpSeconds: engine.setUpSeconds,
      peakMib,
      params: parameterCount,
      flops,
      gflops: flops / medianSeconds / 1e9,
    }
  } finally {
    await engine.dispose()
  }
}

/** The middle one, or the mean of the two in the middle. */
function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2
}
