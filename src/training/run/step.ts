import { collectYoung } from '../engine/collect-garbage.ts'
import type { StepResult, TrainingSession } from '../engine/program/engine.ts'
import type { TrainingStage } from '../stages/stage.ts'

/** One batch, computed. `result` is there after the last of its step, when the state has been updated. */
export interface DoneBatch {
  readonly result: StepResult | undefined
  readonly waitedMs: number
  readonly videos: readonly string[]
}

/** One optimizer step, done. */
export interface DoneStep extends StepResult {
  readonly learningRate: number
  /** Time that was spent waiting for data. */
  readonly waitedMs: number
  /** Paths of the videos that it saw. */
  readonly videos: readonly string[]
}

const learningRateOf = (stage: TrainingStage, step: number): number => stage.learningRates[step] ?? 0

/** Computes the batch `part` of a step, with what frozen models say of it; the last one ends the step. */
export async function doBatch(
  stage: TrainingStage,
  session: TrainingSession,
  step: number,
  part: number,
): Promise<DoneBatch> {
  collectYoung()
  const waitFrom = performance.now()
  const { inputs, videos } = await stage.batch(step, part)
  const waitedMs = performance.now() - waitFrom
  const whole = { ...inputs, ...(await stage.targets?.(inputs)) }
  if (part === stage.accumulationSteps - 1)
    return { result: await session.step(whole, learningRateOf(stage, step), step + 1), waitedMs, videos }
  await session.accumulate(whole)
  return { result: undefined, waitedMs, videos }
}

/**
 * Does one optimizer step, counted from 0: its batches and the update. `onBatch` hears of each batch before it is computed and
 * may end the step there, which leaves the state as it was; the result is then undefined.
 */
export async function doStep(
  stage: TrainingStage,
  session: TrainingSession,
  step: number,
  onBatch: () => 'go-on' | 'end',
): Promise<DoneStep | undefined> {
  const videos: string[] = []
  let waitedMs = 0
  for (let part = 0; onBatch() === 'go-on'; part++) {
    const batch = await doBatch(stage, session, step, part)
    videos.push(...batch.videos)
    waitedMs += batch.waitedMs
    if (batch.result !== undefined)
      return { ...batch.result, learningRate: learningRateOf(stage, step), waitedMs, videos }
  }
  return undefined
}
