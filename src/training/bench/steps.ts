import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import type { BenchStepRequest } from '#contract/domain/bench.ts'
import type { RunFile } from '#contract/domain/run.ts'
import { collectGarbage } from '../engine/collect-garbage.ts'
import type { Engine } from '../engine/program/engine.ts'
import { initialState } from '../engine/program/state.ts'
import { peakMemoryMib } from '../planning/peak.ts'
import { untrainedInputs } from '../planning/untrained-models.ts'
import { doBatch } from '../run/step.ts'
import { openStage } from '../stages/index.ts'
import { benchConfiguration } from './configuration.ts'
import { randomDataset, randomClips } from './random-videos.ts'

/** What timing steps of a stage gave. */
export interface TimedSteps {
  /** Of each step but the first, which warms up. */
  readonly seconds: readonly number[]
  readonly parameterCount: number
  /** The most memory that the process has taken, MiB. */
  readonly peakMib: number
}

/** Does whole steps of a stage on an engine, from fresh weights and on random clips, through the programs that a run of the stage takes. */
export async function timeSteps(
  request: BenchStepRequest,
  engine: Engine,
  onStep: (done: number) => Promise<void> = () => Promise.resolve(),
): Promise<TimedSteps> {
  const configuration = benchConfiguration(request)
  const manifest = randomDataset(configuration.clip, request.batch)
  const inputs = untrainedInputs(configuration, request.stage, 0, {})
  const opened = await openStage({
    file: benchRun(request, configuration),
    folder: '',
    manifest,
    engine,
    pool: randomClips,
    inputs,
    warn: () => {},
  })
  if (opened.kind !== 'training') throw new Error(`The stage ${request.stage} does not train.`)
  const { stage } = opened
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

function benchRun({ stage }: BenchStepRequest, configuration: PipelineConfiguration): RunFile {
  const { general, clip } = configuration
  const task = { stage, configuration: configuration[stage] } as RunFile['task']
  return {
    version: 1,
    id: 'bench',
    pipelineId: 'bench',
    createdAt: '',
    general,
    clip,
    task,
    dataset: { name: 'random', digest: '', manifest: '', labels: 'kind' },
    inputs: {},
    models: {},
    frameCache: '',
  }
}
