import type { NamedHostTensors, StepResult, TrainingSession } from '../engine/engine.ts'
import type { TrainingStage } from '../stages/stage.ts'

/** One optimizer step, done. */
export interface DoneStep extends StepResult {
  readonly learningRate: number
  /** Time that was spent waiting for data. */
  readonly waitedMs: number
  /** Paths of the videos that it saw. */
  readonly videos: readonly string[]
}

/**
 * Does one optimizer step, counted from 0: its batches, what frozen models say of them, and the update. `onBatch` hears of each
 * batch before it is computed and may end the step there, which leaves the state as it was; the result is then undefined.
 */
export async function doStep(stage: TrainingStage, session: TrainingSession, step: number, onBatch: () => 'go-on' | 'end'): Promise<DoneStep | undefined> {
  const learningRate = stage.learningRates[step] ?? 0
  const videos: string[] = []
  let waitedMs = 0
  const inputsOf = async (part: number): Promise<NamedHostTensors> => {
    const waitFrom = performance.now()
    const batch = await stage.batch(step, part)
    waitedMs += performance.now() - waitFrom
    videos.push(...batch.videos)
    return { ...batch.inputs, ...(await stage.targets?.(batch.inputs)) }
  }
  const last = stage.accumulationSteps - 1
  for (let part = 0; part < last; part++) {
    if (onBatch() === 'end') return undefined
    await session.accumulate(await inputsOf(part))
  }
  if (onBatch() === 'end') return undefined
  const result = await session.step(await inputsOf(last), learningRate, step + 1)
  return { ...result, learningRate, waitedMs, videos }
}
