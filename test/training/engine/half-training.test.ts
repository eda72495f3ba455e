import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { benchStepRequest } from '#contract/domain/bench.ts'
import { trainingStageNames } from '#contract/stages/index.ts'
import { compareEngines } from '#training/bench/agreement.ts'
import { benchConfiguration } from '#training/bench/configuration.ts'
import type {
  Engine,
  InferenceProgram,
  StepResult,
  TrainingProgram,
  TrainingState,
} from '#training/engine/program/engine.ts'
import type { LossScale } from '#training/engine/program/loss-scale.ts'
import { initialState } from '#training/engine/program/state.ts'
import { sizeOf } from '#training/engine/record/graph/graph.ts'
import { videoAutoencoderParameters } from '#training/model/video-autoencoder.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import { freshParameters } from '#training/stages/optimization.ts'
import { videoAutoencoderConfig, videoTeacherProgram } from '#training/stages/video-teacher.ts'
import type { NamedHostTensors } from '#training/tensor/host-tensor.ts'
import { blockInputs, blockParameters, blockProgram, integers, noise } from './helpers.ts'

let whole: Engine
let half: Engine
beforeAll(async () => {
  whole = await createEngine('onnx-cpu', { threads: 1 })
  half = await createEngine('onnx-cpu', { threads: 1, precision: 'float16', mayImitate: true })
})
afterAll(async () => {
  await whole.dispose()
  await half.dispose()
})

const sizes = {
  width: 48,
  depth: 2,
  heads: 3,
  decoderDepth: 1,
  imageSize: 32,
  frames: 4,
  patch: 8,
  mask: 0.75,
  batch: 2,
}

// A float16 number is off by 2^-11 at most, a bfloat16 number by 2^-8, so a loss by less than 1e-2, and gradients point the same way.
describe.each([
  { type: 'float16', loss: 1e-3, cosine: 0.9999, worstCosine: 0.999, gradient: 5e-3 },
  { type: 'bfloat16', loss: 3e-3, cosine: 0.9995, worstCosine: 0.995, gradient: 2e-2 },
] as const)('$type compared with float32, on random clips', ({ type, ...limits }) => {
  let half: Engine
  beforeAll(async () => {
    half = await createEngine('onnx-cpu', { threads: 1, precision: type, mayImitate: true })
  })
  afterAll(() => half.dispose())

  it.each(trainingStageNames)('steps of %s agree', async (stage) => {
    const { lossDifference, cosine, gradientDifference, worst, skippedSteps } = await compareEngines(
      benchStepRequest.parse({ stage, ...sizes, steps: 4 }),
      whole,
      half,
    )
    expect(lossDifference).toBeLessThan(limits.loss)
    expect(lossDifference).toBeGreaterThan(0)
    expect(cosine).toBeGreaterThan(limits.cosine)
    expect(worst.cosine).toBeGreaterThan(limits.worstCosine)
    expect(gradientDifference).toBeLessThan(limits.gradient)
    expect(skippedSteps).toBeLessThan(3)
  })

  it('thirty steps of a video teacher end with the same loss', async () => {
    const configuration = benchConfiguration(benchStepRequest.parse({ stage: 'video-teacher', ...sizes }))
    const model = videoAutoencoderConfig(configuration['video-teacher'], configuration.clip)
    const program = videoTeacherProgram(model, configuration['video-teacher'])
    const parameters = freshParameters(videoAutoencoderParameters(model), 1)
    // Each clip is one of two, so that there is something to learn.
    const batch = (step: number): NamedHostTensors => {
      const { video, visible, masked } = program.inputs
      const tokens = integers([...Array(32).keys()].map((token) => (token * 7 + step) % 32))
      const take = (spec: typeof visible, from: number) =>
        integers(
          [...tokens.data.slice(from, from + spec!.shape[1]!), ...tokens.data.slice(from, from + spec!.shape[1]!)],
          ...spec!.shape,
        )
      return {
        video: noise(step % 2, ...video!.shape),
        visible: take(visible, 0),
        masked: take(masked, visible!.shape[1]!),
      }
    }
    const train = async (engine: Engine): Promise<number[]> => {
      const session = await engine.training(program, initialState(parameters, program.groups))
      const losses: number[] = []
      for (let step = 1; step <= 30; step++) losses.push((await session.step(batch(step), 2e-3, step)).loss)
      await session.dispose()
      return losses
    }
    const [expected, actual] = [await train(whole), await train(half)]
    expect(expected.at(-1)!).toBeLessThan(0.95 * expected[0]!)
    actual.forEach((loss, step) => expect(Math.abs(loss - expected[step]!) / expected[step]!).toBeLessThan(1e-2))
  })

  it('a frozen model gives the same features', async () => {
    const program: InferenceProgram = {
      name: 'a product',
      inputs: { x: { shape: [8, 64], dtype: 'float32' } },
      run: ({ w }, { x }) => ({ y: x!.matMul(w!) }),
    }
    const [parameters, inputs] = [{ w: noise(3, 64, 32) }, { x: noise(4, 8, 64) }]
    const run = async (engine: Engine) => {
      const session = await engine.inference(program, parameters)
      const { y } = await session.run(inputs)
      await session.dispose()
      return y!
    }
    const [expected, actual] = [await run(whole), await run(half)]
    const differences = Array.from(actual.data, (number, index) => Math.abs(number - expected.data[index]!))
    expect(sizeOf(actual.shape)).toBe(256)
    expect(Math.max(...differences)).toBeGreaterThan(0)
    expect(Math.max(...differences)).toBeLessThan(20 * limits.loss)
  })
})

interface Trained {
  readonly results: readonly StepResult[]
  readonly state: TrainingState
}

const start = (program: TrainingProgram, lossScale?: LossScale): TrainingState => ({
  ...initialState(blockParameters(), program.groups),
  ...(lossScale === undefined ? {} : { lossScale }),
})

async function train(
  state: TrainingState,
  steps: readonly number[],
  program = blockProgram(0.02),
  engine = half,
): Promise<Trained> {
  const session = await engine.training(program, state)
  const results: StepResult[] = []
  for (const step of steps) {
    for (let part = 1; part < (program.accumulationSteps ?? 1); part++)
      await session.accumulate(blockInputs(step + 100 * part))
    results.push(await session.step(blockInputs(step), 0.01, step))
  }
  const end = await session.readState()
  await session.dispose()
  return { results, state: end }
}

const withoutScale = ({ parameters, firstMoments, secondMoments }: TrainingState) => ({
  parameters,
  firstMoments,
  secondMoments,
})

describe('the loss scale', () => {
  const tooLarge: LossScale = { scale: 2 ** 24, goodSteps: 7, skippedSteps: 0 }

  it('falls until gradients are finite, and the steps before are skipped', async () => {
    const first = await train(start(blockProgram(0.02), tooLarge), [1])
    expect(first.results[0]).toMatchObject({ scaling: { isSkipped: true, scale: 2 ** 23 } })
    expect(first.results[0]!.gradientNorm).not.toSatisfy(Number.isFinite)
    expect(first.results[0]!.loss).toSatisfy(Number.isFinite)
    expect(withoutScale(first.state)).toEqual(withoutScale(start(blockProgram(0.02))))

    const { results, state } = await train(
      start(blockProgram(0.02), tooLarge),
      Array.from({ length: 20 }, (_, index) => index + 1),
    )
    const skipped = results.filter(({ scaling }) => scaling?.isSkipped).length
    expect(skipped).toBeGreaterThan(1)
    expect(skipped).toBeLessThan(15)
    expect(results.map(({ scaling }) => scaling?.isSkipped)).toEqual(results.map((_, index) => index < skipped))
    expect(state.lossScale).toEqual({ scale: 2 ** (24 - skipped), goodSteps: 20 - skipped, skippedSteps: skipped })
  })

  it('skipped steps do not count for bias correction', async () => {
    const { state } = await train(
      start(blockProgram(0.02), tooLarge),
      Array.from({ length: 12 }, (_, index) => index + 1),
    )
    const { skippedSteps, scale } = state.lossScale!
    const session = await half.training(
      blockProgram(0.02),
      start(blockProgram(0.02), { scale, goodSteps: 0, skippedSteps: 0 }),
    )
    for (let step = skippedSteps + 1; step <= 12; step++)
      await session.step(blockInputs(step), 0.01, step - skippedSteps)
    expect(withoutScale(await session.readState())).toEqual(withoutScale(state))
    await session.dispose()
  })

  it('changes rounding only: scales of 2^8 and 2^14 give equal gradients within half precision', async () => {
    const [low, high, expected] = [
      await train(start(blockProgram(0), { scale: 2 ** 8, goodSteps: 0, skippedSteps: 0 }), [1], blockProgram(0)),
      await train(start(blockProgram(0), { scale: 2 ** 14, goodSteps: 0, skippedSteps: 0 }), [1], blockProgram(0)),
      await train(start(blockProgram(0)), [1], blockProgram(0), whole),
    ]
    for (const { results } of [low, high]) {
      expect(Math.abs(results[0]!.gradientNorm / expected.results[0]!.gradientNorm - 1)).toBeLessThan(2e-3)
      expect(Math.abs(results[0]!.loss / expected.results[0]!.loss - 1)).toBeLessThan(1e-3)
    }
  })

  it('resumes from a state with the same bits', async () => {
    const from = start(blockProgram(0.02), { scale: 2 ** 17, goodSteps: 1998, skippedSteps: 0 })
    const all = await train(from, [1, 2, 3, 4, 5, 6])
    const cut = await train((await train(from, [1, 2, 3])).state, [4, 5, 6])
    expect(cut.state).toEqual(all.state)
    expect(cut.results).toEqual(all.results.slice(3))
  })

  it('is divided out of the mean over micro-batches', async () => {
    const program: TrainingProgram = { ...blockProgram(0), accumulationSteps: 3 }
    const [expected, actual] = [
      await train(start(program), [1, 2], program, whole),
      await train(start(program, { scale: 2 ** 10, goodSteps: 0, skippedSteps: 0 }), [1, 2], program),
    ]
    actual.results.forEach(({ gradientNorm }, step) =>
      expect(Math.abs(gradientNorm / expected.results[step]!.gradientNorm - 1)).toBeLessThan(2e-3),
    )
  })

  it('does not exist in float32 and bfloat16', async () => {
    const wide = await createEngine('onnx-cpu', { threads: 1, precision: 'bfloat16', mayImitate: true })
    for (const engine of [whole, wide]) {
      const { results, state } = await train(start(blockProgram(0.02), tooLarge), [1], blockProgram(0.02), engine)
      expect(results[0]!.scaling).toBeUndefined()
      expect(results[0]!.gradientNorm).toSatisfy(Number.isFinite)
      expect(state.lossScale).toBeUndefined()
    }
    await wide.dispose()
  })
})
