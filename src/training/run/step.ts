import type { BatchClip } from '#contract/domain/divergence.ts'
import { collectYoung } from '../engine/collect-garbage.ts'
import type { StepResult, TrainingSession } from '../engine/program/engine.ts'
import type { TrainingStage } from '../stages/stage.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'
import type { Waits } from './waits.ts'

/** A computed micro-batch. `result` is defined after the last one of a step, when the state has been updated. */
export interface DoneBatch {
  readonly result: StepResult | undefined
  readonly waitedMs: number
  /** Time of frozen models. */
  readonly targetsMs: number
  readonly clips: readonly BatchClip[]
}

/** A computed optimizer step. */
export interface DoneStep extends StepResult {
  readonly learningRate: number
  /** Time of the whole step, and the part of it that was spent waiting for data. */
  readonly tookMs: number
  readonly waitedMs: number
  /** Paths of its videos. */
  readonly videos: readonly string[]
  /** The clips of each micro-batch. */
  readonly batches: readonly { readonly clips: readonly BatchClip[] }[]
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
  waits: Pick<Waits, 'during'> = patient,
): Promise<DoneBatch> {
  const waitFrom = performance.now()
  const batch = await waits.during('batch', () => stage.batch(step, index))
  const waitedMs = performance.now() - waitFrom
  const { inputs, clips } = batch
  // Those of the batch before are unused now, and as many.
  collectYoung(bytesOf(inputs))
  return waits.during('computing', async () => {
    const from = performance.now()
    const whole = { ...inputs, ...(await stage.targets?.(batch)) }
    const targetsMs = performance.now() - from
    if (index === stage.accumulationSteps - 1)
      return { result: await session.step(whole, learningRateOf(stage, step), step + 1), waitedMs, targetsMs, clips }
    await session.accumulate(whole)
    return { result: undefined, waitedMs, targetsMs, clips }
  })
}

const bytesOf = (inputs: NamedHostTensors): number =>
  Object.values(inputs).reduce((bytes, { data }) => bytes + data.byteLength, 0)

/** Waits for as long as it takes. */
const patient: Pick<Waits, 'during'> = { during: (_kind, work) => work(new AbortController().signal) }

/**
 * Computes an optimizer step, counted from 0: its micro-batches and the update. `beforeBatch` is called before each micro-batch and may
 * stop the step, which leaves the state unchanged.
 * @returns undefined if the step was stopped
 * @throws StopRequested if a stop came while it waited
 */
export async function doStep(
  stage: TrainingStage,
  session: TrainingSession,
  step: number,
  beforeBatch: () => 'continue' | 'stop',
  waits: Pick<Waits, 'during'> = patient,
): Promise<DoneStep | undefined> {
  const batches: { clips: readonly BatchClip[] }[] = []
  let waitedMs = 0
  const from = performance.now()
  for (let index = 0; beforeBatch() === 'continue'; index++) {
    const batch = await doBatch(stage, session, step, index, waits)
    batches.push({ clips: batch.clips })
    waitedMs += batch.waitedMs
    if (batch.result !== undefined) {
      const videos = batches.flatMap(({ clips }) => clips.map(({ video }) => video))
      const tookMs = performance.now() - from
      return { ...batch.result, learningRate: learningRateOf(stage, step), tookMs, waitedMs, videos, batches }
    }
  }
  return undefined
}
