import type { BenchStepRequest } from '#contract/domain/bench.ts'
import type { Engine, StepResult, TrainingSession } from '../engine/program/engine.ts'
import { smallestLossScale } from '../engine/program/loss-scale.ts'
import { initialState } from '../engine/program/state.ts'
import { openUntrainedTraining } from '../planning/untrained-models.ts'
import type { TrainingStage } from '../stages/stage.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'
import { benchConfiguration } from './configuration.ts'
import { randomDataset, randomClips } from './random-videos.ts'

/** Differences between the steps of a stage on two engines. */
export interface Agreement {
  readonly losses: readonly { readonly expected: number; readonly actual: number }[]
  /** Largest relative difference of a loss. */
  readonly lossDifference: number
  /** Of all gradients of the first step as one vector: cosine, and ‖actual − expected‖ / ‖expected‖. */
  readonly cosine: number
  readonly gradientDifference: number
  /** The parameter whose gradient has the lowest cosine. */
  readonly worst: { readonly parameter: string; readonly cosine: number }
  /** Steps that the other engine skipped because gradients overflowed; each was repeated. */
  readonly skippedSteps: number
}

/** Trains a stage from the same initial weights on the same random clips on both engines. Each computes the teachers. */
export async function compareEngines(request: BenchStepRequest, expected: Engine, actual: Engine): Promise<Agreement> {
  const [first, second] = [await openRun(request, expected), await openRun(request, actual)]
  try {
    const losses: { expected: number; actual: number }[] = []
    let skippedSteps = 0
    let gradients: Gradients | undefined
    for (let step = 0; step < request.steps; step++) {
      const { inputs } = await first.stage.batch(step, 0)
      const one = await first.train(inputs, step, 0)
      let other = await second.train(inputs, step, skippedSteps)
      while (other.scaling?.isSkipped === true && other.scaling.scale >= smallestLossScale)
        other = await second.train(inputs, step, ++skippedSteps)
      losses.push({ expected: one.loss, actual: other.loss })
      gradients ??= compare(
        (await first.session.readState()).firstMoments,
        (await second.session.readState()).firstMoments,
      )
    }
    if (gradients === undefined) throw new Error('No step has gradients that can be compared.')
    return {
      losses,
      lossDifference: Math.max(
        ...losses.map(({ expected, actual }) => Math.abs(actual - expected) / Math.abs(expected)),
      ),
      ...gradients,
      skippedSteps,
    }
  } finally {
    await first.dispose()
    await second.dispose()
  }
}

interface OpenRun {
  readonly stage: TrainingStage
  readonly session: TrainingSession
  /** Computes a step, counted from 0, after `skippedSteps` that the session has skipped. */
  train(inputs: NamedHostTensors, step: number, skippedSteps: number): Promise<StepResult>
  dispose(): Promise<void>
}

async function openRun(request: BenchStepRequest, engine: Engine): Promise<OpenRun> {
  const configuration = benchConfiguration(request)
  const manifest = randomDataset(configuration.clip, request.batch)
  const untrained = { stage: request.stage, configuration, manifest, labels: 'kind', models: {} }
  const stage = await openUntrainedTraining(untrained, engine, randomClips)
  const session = await engine.training(stage.program, initialState(stage.initialParameters, stage.program.groups))
  return {
    stage,
    session,
    train: async (inputs, step, skippedSteps) =>
      session.step(
        { ...inputs, ...(await stage.targets?.({ inputs })) },
        stage.learningRates[step] ?? 0,
        step + 1 + skippedSteps,
      ),
    async dispose() {
      await session.dispose()
      await stage[Symbol.asyncDispose]()
    },
  }
}

type Gradients = Pick<Agreement, 'cosine' | 'gradientDifference' | 'worst'>

/** First moments after one step are the gradients with a common factor, which changes neither value. */
function compare(expected: NamedHostTensors, actual: NamedHostTensors): Gradients {
  const products = Object.entries(expected).flatMap(([parameter, { data }]) => {
    const other = actual[parameter]?.data
    const found = other === undefined ? undefined : innerProducts(data, other)
    // Parameters that the loss does not depend on have no gradient.
    return found === undefined || found.expected === 0 ? [] : [{ parameter, ...found }]
  })
  const total = (pick: (products: Products) => number): number =>
    products.reduce((sum, product) => sum + pick(product), 0)
  const all = {
    expected: total(({ expected }) => expected),
    actual: total(({ actual }) => actual),
    mixed: total(({ mixed }) => mixed),
    difference: total(({ difference }) => difference),
  }
  const [worst] = products
    .map(({ parameter, ...product }) => ({ parameter, cosine: cosineOf(product) }))
    .toSorted((a, b) => a.cosine - b.cosine)
  if (worst === undefined) throw new Error('There are no gradients to compare.')
  return { cosine: cosineOf(all), gradientDifference: Math.sqrt(all.difference / all.expected), worst }
}

/** Sums of squares of two vectors and of their difference, and their inner product. */
interface Products {
  readonly expected: number
  readonly actual: number
  readonly mixed: number
  readonly difference: number
}

function innerProducts(expected: ArrayLike<number>, actual: ArrayLike<number>): Products {
  const sums = { expected: 0, actual: 0, mixed: 0, difference: 0 }
  for (let index = 0; index < expected.length; index++) {
    const [a, b] = [expected[index] ?? 0, actual[index] ?? 0]
    sums.expected += a * a
    sums.actual += b * b
    sums.mixed += a * b
    sums.difference += (b - a) ** 2
  }
  return sums
}

const cosineOf = ({ expected, actual, mixed }: Products): number => mixed / Math.sqrt(expected * actual)
