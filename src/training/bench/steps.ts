import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BenchStepRequest } from '#contract/domain/bench.ts'
import { batchesAhead } from '../data/loader.ts'
import { collectGarbage } from '../engine/collect-garbage.ts'
import type { Engine } from '../engine/program/engine.ts'
import { initialState } from '../engine/program/state.ts'
import { peakMemoryMib } from '../planning/peak.ts'
import { openUntrainedTraining } from '../planning/untrained-models.ts'
import { doBatch } from '../run/step.ts'
import type { KeptTargets } from '../stages/stage.ts'
import { benchConfiguration } from './configuration.ts'
import { randomClips, randomDataset, repeatableClips } from './random-videos.ts'

/** Times of the steps of a stage. */
export interface TimedSteps {
  /** Of each step after those that warm up: the first one, or with a target cache those that were prepared before it was filled. */
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
  using kept = request.targetCache ? keptFor(request) : undefined
  const untrained = { stage: request.stage, configuration, manifest, labels: 'kind', models: {} }
  const stage = await openUntrainedTraining(
    kept === undefined ? untrained : { ...untrained, keptTargets: kept.targets },
    engine,
    // Only clips that come again have features that can be read.
    kept === undefined ? randomClips : repeatableClips,
  )
  const warmUp = kept === undefined ? 1 : 1 + batchesAhead
  try {
    const session = await engine.training(stage.program, initialState(stage.initialParameters, stage.program.groups))
    collectGarbage()
    try {
      const seconds: number[] = []
      // From the end of one step to the end of the next, so that batches prepared in between count as well.
      let from = performance.now()
      for (let step = 0; step < warmUp + request.steps; step++) {
        await doBatch(stage, session, step, 0)
        const to = performance.now()
        if (step >= warmUp) seconds.push((to - from) / 1000)
        from = to
        await onStep(Math.max(0, step + 1 - warmUp))
      }
      return { seconds, parameterCount: stage.parameterCount, peakMib: Math.round(peakMemoryMib()) }
    } finally {
      await session.dispose()
    }
  } finally {
    await stage[Symbol.asyncDispose]()
  }
}

/** A folder for features of teachers that is deleted afterwards. */
function keptFor({ precision, tf32 }: BenchStepRequest): Disposable & { readonly targets: KeptTargets } {
  const folder = mkdtempSync(join(tmpdir(), 'mvd-targets-'))
  return {
    targets: { folder, arithmetic: { precision, tf32 } },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
