import type { BenchStepRequest } from '#contract/domain/bench.ts'
import { collectGarbage } from '../engine/collect-garbage.ts'
import type { Engine } from '../engine/program/engine.ts'
import { initialState } from '../engine/program/state.ts'
import { peakMemoryMib } from '../planning/peak.ts'
import { openUntrainedTraining } from '../planning/untrained-models.ts'
import { doBatch } from '../run/step.ts'
import { benchConfiguration } from './configuration.ts'
import { randomDataset, randomClips } from './random-videos.ts'

/** Times of the steps of a stage. */
export interface TimedSteps {
  /** Of each step except the first, which is a warm-up. */
  readonly seconds: readonly number[]
  readonly parameterCount: number
  /** Peak memory of the process in MiB. */
  readonly peakMib: number
}

/** Times whole steps of a stage on an engine, with untrained weights and random clips, through the programs that a run uses. */
export async function timeSteps(
  request: BenchStepRequest,
  engine: Engine,
  onStep: (done: number) => Promise<void> = () => Promise.resolve(),
): Promise<TimedSteps> {
  const configuration = benchConfiguration(request)
  const manifest = randomDataset(configuration.clip, request.batch)
  const untrained = { stage: request.stage, configuration, manifest, labels: 'kind', models: {} }
  const stage = await openUntrainedTraining(untrained, engine, randomClips)
  try {
    const session = await engine.training(stage.program, initialState(stage.initialParameters, stage.program.groups))
    collectGarbage()
    try {
      const seconds: number[] = []
      // From the end of one step to the end of the next, so that batches prepared in between count as well.
      let from = performance.now()
      for (let step = 0; step <= request.steps; step++) {
        await doBatch(stage, session, step, 0)
        const to = performance.now()
        if (step > 0) seconds.push((to - from) / 1000)
        from = to
        await onStep(step)
      }
      return { seconds, parameterCount: stage.parameterCount, peakMib: Math.round(peakMemoryMib()) }
    } finally {
      await session.dispose()
    }
  } finally {
    await stage[Symbol.asyncDispose]()
  }
}
