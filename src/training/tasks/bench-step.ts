import { availableParallelism } from 'node:os'
import type { BenchStepRequest } from '#contract/bench.ts'
import type { PipelineConfiguration } from '#contract/configuration/pipeline.ts'
import { workersOf } from '#contract/configuration/workers.ts'
import type { RunFile } from '#contract/run.ts'
import { benchConfiguration } from '../bench/configuration.ts'
import { observe } from '../bench/observed-engine.ts'
import { randomDataset, randomFrames } from '../bench/random-videos.ts'
import { collectGarbage } from '../engine/garbage.ts'
import { createEngine, initialState } from '../engine/index.ts'
import { doBatch } from '../run/step.ts'
import { freshInputs } from '../stages/fresh-inputs.ts'
import { openStage } from '../stages/index.ts'
import { stopWhenAsked } from './cancelled.ts'
import type { Task } from './task.ts'

/** Times whole steps of a stage, from fresh weights and on random clips, through the programs that a run of the stage takes. */
export const benchStep: Task<'bench-step'> = async (request, report, signal) => {
  const { stage: name, steps, precision } = request
  const configuration = benchConfiguration(request)
  const manifest = randomDataset(configuration.clip, request.batch)
  const engine = observe(await createEngine(request.engine, { workers: workersOf(request.workers, request.batch, availableParallelism()), precision, mayImitate: true }))
  try {
    const inputs = freshInputs(configuration, name, 0, {})
    const opened = await openStage({ file: benchRun(request, configuration), folder: '', manifest, engine, pool: randomFrames, inputs, warn: () => {} })
    if (opened.kind !== 'training') throw new Error(`The stage ${name} does not train.`)
    const { stage } = opened
    try {
      const session = await engine.training(stage.program, initialState(stage.initialParameters, stage.program.groups))
      collectGarbage()
      const seconds: number[] = []
      try {
        // From the end of one step to the end of the next, so that batches prepared in between count as well.
        let from = performance.now()
        for (let step = 0; step <= steps; step++) {
          await stopWhenAsked(signal)
          await doBatch(stage, session, step, 0)
          const to = performance.now()
          if (step > 0) seconds.push((to - from) / 1000)
          from = to
          report({ done: step, total: steps })
        }
      } finally {
        await session.dispose()
      }
      const peakMib = Math.round(process.resourceUsage().maxRSS / 1024)
      const medianSeconds = median(seconds)
      const flops = engine.countFlops()
      return {
        stage: name,
        engine: engine.name,
        device: engine.description,
        precision,
        steps,
        medianSeconds,
        minSeconds: Math.min(...seconds),
        setUpSeconds: engine.setUpSeconds,
        peakMib,
        params: stage.parameterCount,
        flops,
        gflops: flops / medianSeconds / 1e9,
      }
    } finally {
      await stage[Symbol.asyncDispose]()
    }
  } finally {
    await engine.dispose()
  }
}

function benchRun({ stage }: BenchStepRequest, configuration: PipelineConfiguration): RunFile {
  const { general, clip } = configuration
  const task = { stage, configuration: configuration[stage] } as RunFile['task']
  return { version: 1, id: 'bench', pipelineId: 'bench', createdAt: '', general, clip, task, dataset: { name: 'random', digest: '', manifest: '', labels: 'kind' }, inputs: {}, models: {}, frameCache: '' }
}

/** The middle one, or the mean of the two in the middle. */
function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2
}
