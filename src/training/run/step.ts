import { collectYoung } from '../engine/collect-garbage.ts'
import type { StepResult, TrainingSession } from '../engine/program/engine.ts'
import type { TrainingStage } from '../stages/stage.ts'

/** A computed micro-batch. `result` is defined after the last one of a step, when the state has been updated. */
export interface DoneBatch {
  readonly result: StepResult | undefined
  readonly waitedMs: number
  readonly videos: readonly string[]
}

/** A computed optimizer step. */
export interface DoneStep extends StepResult {
  readonly learningRate: number
  /** Time spent waiting for data. */
  readonly waitedMs: number
  /** Paths of its videos. */
  readonly videos: readonly string[]
}

const learningRateOf = (stage: TrainingStage, step: number): number => stage.learningRates[step] ?? 0

/**
 * Computes micro-batch `index` of a step: its inputs, the targets of frozen models, and its gradients, which the session adds up. The
 * last micro-batch of a step updates the state.
 */
export async function doBatch(
  stage: TrainingStage,
  session: TrainingSession,
  step: number,
  index: number,
): Promise<DoneBatch> {
  collectYoung()
  const waitFrom = performance.now()
  const { inputs, videos } = await stage.batch(step, index)
  const waitedMs = performance.now() - waitFrom
  const whole = { ...inputs, ...(await stage.targets?.(inputs)) }
  if (index === stage.accumulationSteps - 1)
    return { result: await session.step(whole, learningRateOf(stage, step), step + 1), waitedMs, videos }
  await session.accumulate(whole)
  return { result: undefined, waitedMs, videos }
}

/**
 * Computes an optimizer step, counted from 0: its micro-batches and the update. `beforeBatch` is called before each micro-batch and may
 * stop the step, which leaves the state unchanged.
 * @returns undefined if the step was stopped
 */
export async function doStep(
  stage: TrainingStage,
  session: TrainingSession,
  step: number,
  beforeBatch: () => 'continue' | 'stop',
): Promise<DoneStep | undefined> {
  const videos: string[] = []
  let waitedMs = 0
  for (let index = 0; beforeBatch() === 'continue'; index++) {
    const batch = await doBatch(stage, session, step, index)
    videos.push(...batch.videos)
    waitedMs += batch.waitedMs
    if (batch.result !== undefined)
      return { ...batch.result, learningRate: learningRateOf(stage, step), waitedMs, videos }
  }
  return undefined
}
