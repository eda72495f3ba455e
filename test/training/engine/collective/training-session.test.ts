import { describe, expect, it, onTestFinished } from 'vitest'
import { shardCount, Shards, shardSpecs } from '#training/engine/collective/shards.ts'
import { splitEvenly } from '#training/engine/collective/share-update.ts'
import { threadCollective } from '#training/engine/collective/thread-collective.ts'
import { openTraining } from '#training/engine/collective/training-session.ts'
import { WorkerThread } from '#training/engine/collective/worker-thread.ts'
import { compiledEngine } from '#training/engine/compiled-engine.ts'
import { attention, layerNorm, linear } from '#training/engine/ops/index.ts'
import type { Engine, StepResult, TrainingProgram, TrainingState } from '#training/engine/program/engine.ts'
import { initialState } from '#training/engine/program/state.ts'
import { openProvider } from '#training/engine/run/onnx/providers.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import type { NamedHostTensors, NamedTensors } from '#training/tensor/host-tensor.ts'
import type * as tf from '#training/tensor/tf.ts'
import { integers, noise, relativeError } from '../helpers.ts'

const width = 8
const parameters: NamedHostTensors = {
  positions: noise(1, 6, width),
  'norm.weight': { shape: [width], dtype: 'float32', data: new Float32Array(width).fill(1) },
  'qkv.weight': noise(2, 3 * width, width),
  'proj.weight': noise(3, width, width),
  'proj.bias': noise(4, width),
  // Large enough not to be packed with the small ones.
  'fc1.weight': noise(5, 1100, width),
  'fc2.weight': noise(6, width, 1100),
  unused: noise(7, 3),
}

/** An attention block with a frozen position table and drop path, whose random numbers have the batch as their second axis. */
function program(batch: number, accumulationSteps: number, clipGradient = 0): TrainingProgram {
  const groups = Object.fromEntries(
    Object.entries(parameters).flatMap(([name, { shape }]) =>
      name === 'positions' ? [] : [[name, { learningRateScale: 1, weightDecay: shape.length > 1 ? 0.05 : 0 }]],
    ),
  )
  return {
    name: 'a block',
    accumulationSteps,
    inputs: {
      tokens: { shape: [batch, 6, width], dtype: 'float32' },
      dropPath: { shape: [2, batch], dtype: 'float32', batchAxis: 1 },
      target: { shape: [batch, 6, width], dtype: 'float32' },
    },
    groups,
    optimizer: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, clipGradient },
    loss(p, { tokens, dropPath, target }) {
      const difference = block(p, tokens!, dropPath!).sub(target!)
      return { loss: difference.square().mean() as tf.Scalar, outputs: { absolute: difference.abs().mean() } }
    },
  }
}

function block(p: NamedTensors, tokens: tf.Tensor, dropPath: tf.Tensor): tf.Tensor {
  const factor = (row: number): tf.Tensor => dropPath.slice([row, 0], [1, dropPath.shape[1]!]).reshape([-1, 1, 1])
  const x = tokens.add(p.positions!)
  const attended = x.add(
    linear(
      attention(linear(layerNorm(x, p['norm.weight'], undefined, 1e-6), p['qkv.weight']!), 2),
      p['proj.weight']!,
      p['proj.bias'],
    ).mul(factor(0)),
  )
  return attended.add(linear(linear(attended, p['fc1.weight']!).relu(), p['fc2.weight']!).mul(factor(1)).mul(0.05))
}

/** Samples `first` to `first + batch` of the eight samples of a step. */
function samples(step: number, first: number, batch: number): NamedHostTensors {
  const cut = (seed: number) => ({
    shape: [batch, 6, width],
    dtype: 'float32' as const,
    data: noise(seed + step, 8, 6, width).data.slice(first * 6 * width, (first + batch) * 6 * width),
  })
  const drawn = Array.from({ length: 2 }, (_, row) =>
    Array.from({ length: batch }, (_, at) => ((step + row + first + at) % 3 === 0 ? 0 : 1.5)),
  ).flat()
  return {
    tokens: cut(100),
    dropPath: { shape: [2, batch], dtype: 'float32', data: Float32Array.from(drawn) },
    target: cut(200),
  }
}

interface Way {
  readonly workers: number
  /** Batches of a step of eight samples. */
  readonly batches: number
  readonly clipGradient?: number
}

async function train(
  { workers, batches, clipGradient = 0 }: Way,
  state: TrainingState = initialState(parameters, program(1, 1).groups),
  steps: readonly number[] = [1, 2, 3],
) {
  const engine = await createEngine('onnx-cpu', { threads: workers, workers })
  const batch = 8 / batches
  const session = await engine.training(program(batch, batches, clipGradient), state)
  const results: StepResult[] = []
  for (const step of steps) {
    for (let index = 0; index < batches - 1; index++) await session.accumulate(samples(step, index * batch, batch))
    results.push(await session.step(samples(step, 8 - batch, batch), 0.01, step))
  }
  const end = await session.readState()
  await session.dispose()
  await engine.dispose()
  return { results, state: end }
}

/** The block on the first samples. */
async function infer(workers: number, batch: number) {
  const engine = await createEngine('onnx-cpu', { threads: 2, workers })
  const output = await inferOn(engine, batch)
  await engine.dispose()
  return output
}

async function inferOn(engine: Engine, batch: number) {
  const { inputs } = program(batch, 1)
  const { tokens, dropPath } = inputs
  const session = await engine.inference(
    {
      name: 'the block',
      inputs: { tokens: tokens!, dropPath: dropPath! },
      run: (p, given) => ({ output: block(p, given.tokens!, given.dropPath!) }),
    },
    parameters,
  )
  const { target: _, ...given } = samples(1, 0, batch)
  const { output } = await session.run(given)
  await session.dispose()
  return output!
}

const onCard = { device: { kind: 'cuda', number: 1, tf32: false }, threads: 1 } as const
const onProcessor = { device: { kind: 'cpu' }, threads: 1 } as const

/** A session over workers with these entries. */
async function open(...entries: (URL | undefined)[]) {
  const workers = entries.map((entry) => new WorkerThread(onProcessor, entry))
  onTestFinished(async () => void (await Promise.all(workers.map((worker) => worker.dispose()))))
  const state = initialState(parameters, program(2, 1).groups)
  return openTraining(await openProvider('onnx-cpu'), program(2, 1), state, threadCollective(workers))
}

const roles = ['parameters', 'firstMoments', 'secondMoments'] as const
const worstError = (actual: TrainingState, expected: TrainingState): number =>
  Math.max(
    ...roles.flatMap((role) =>
      Object.entries(expected[role]).map(([name, tensor]) => relativeError(actual[role][name]!, tensor)),
    ),
  )

/** What a step gives, without the losses of its micro-batches: a sharded batch is one. */
const ofSteps = (results: readonly StepResult[]) => results.map(({ batchLosses: _losses, ...result }) => result)

describe('a batch sharded over workers', () => {
  it.each([
    { workers: 2, batches: 1, clipGradient: 0 },
    { workers: 2, batches: 1, clipGradient: 0.02 },
    { workers: 4, batches: 1, clipGradient: 0.02 },
  ])('gives the bits of as many accumulated micro-batches: %o', async (way) => {
    const expected = await train({ workers: 1, batches: way.workers, clipGradient: way.clipGradient })
    const actual = await train(way)
    expect(actual.state).toEqual(expected.state)
    expect(ofSteps(actual.results)).toEqual(ofSteps(expected.results))
  })

  it.each([
    { workers: 2, batches: 1 },
    { workers: 2, batches: 2, clipGradient: 0.02 },
    { workers: 3, batches: 2 },
  ])('equals the whole batch up to rounding: %o', async (way) => {
    const expected = await train({ ...way, workers: 1, batches: 1 })
    const actual = await train(way)
    expect(worstError(actual.state, expected.state)).toBeLessThan(2e-5)
    actual.results.forEach(({ loss, gradientNorm, outputs }, index) => {
      const reference = expected.results[index]!
      expect(Math.abs(loss / reference.loss - 1)).toBeLessThan(1e-6)
      expect(Math.abs(gradientNorm / reference.gradientNorm - 1)).toBeLessThan(1e-5)
      expect(relativeError(outputs.absolute!, reference.outputs.absolute!)).toBeLessThan(1e-6)
    })
    expect(actual.state.parameters.positions).toEqual(parameters.positions)
    expect(actual.state.parameters.unused).toEqual(parameters.unused)
  })

  it('gives the same bits each time, also if the run is interrupted and resumed', async () => {
    const way = { workers: 2, batches: 2, clipGradient: 0.02 }
    const alone = await train(way)
    const { state } = await train(way, undefined, [1])
    expect((await train(way, state, [2, 3])).state).toEqual(alone.state)
  })

  it('is assembled again by inference, and not sharded if it has one sample', async () => {
    expect(relativeError(await infer(2, 4), await infer(1, 4))).toBeLessThan(1e-6)
    expect(await infer(2, 1)).toEqual(await infer(1, 1))
  })
})

/** An engine with one worker per card. In half precision, float16 is imitated. */
async function openCards(entries: readonly (URL | undefined)[], precision: 'float32' | 'float16' = 'float32') {
  const provider = await openProvider('onnx-cpu', { threads: 1, precision, mayImitate: true })
  const workers = entries.map((entry) => new WorkerThread(onProcessor, entry))
  const engine = compiledEngine('onnx-cuda', { ...provider, memory: 'device', device: 'GPU 0' }, workers)
  onTestFinished(() => engine.dispose())
  return engine
}

/** Three steps of eight samples; `poison` makes a sample of the second step overflow float16. */
async function trainOn(engine: Engine, batches: number, poison?: number) {
  const batch = 8 / batches
  // Only half precision uses the scale. The usual one is too large for gradients of so few numbers.
  const lossScale = { scale: 2 ** 4, goodSteps: 0, skippedSteps: 0 }
  const start = { ...initialState(parameters, program(1, 1).groups), lossScale }
  const session = await engine.training(program(batch, batches, 0.02), start)
  const results: StepResult[] = []
  for (const step of [1, 2, 3]) {
    const cut = (index: number) => {
      const inputs = samples(step, index * batch, batch)
      if (step === 2 && poison !== undefined && Math.floor(poison / batch) === index)
        inputs.target!.data[(poison % batch) * 6 * width] = 1e30
      return inputs
    }
    for (let index = 0; index < batches - 1; index++) await session.accumulate(cut(index))
    results.push(await session.step(cut(batches - 1), 0.01, step))
  }
  const state = await session.readState()
  await session.dispose()
  return { results, state }
}

// Processors stand in for cards: a card reads the shared state and writes its gradients there in the same way.
describe('a batch sharded over cards', () => {
  it.each([2, 4])('gives the bits of as many micro-batches on %i cards', async (count) => {
    const expected = await train({ workers: 1, batches: count, clipGradient: 0.02 })
    const actual = await trainOn(await openCards(Array.from({ length: count }, () => undefined)), 1)
    expect(actual.state).toEqual(expected.state)
    expect(ofSteps(actual.results)).toEqual(ofSteps(expected.results))
  })

  it('equals as many micro-batches in half precision, and if the gradients of one card overflow, all skip the step', async () => {
    const alone = await openCards([], 'float16')
    const cards = await openCards([undefined, undefined], 'float16')
    // The state of one card is updated by a graph, which has the bits of the kernel up to rounding.
    const expected = await trainOn(alone, 2, 6)
    const actual = await trainOn(cards, 1, 6)
    expect(actual.results.map(({ scaling }) => scaling)).toEqual([
      { isSkipped: false, scale: 2 ** 4 },
      { isSkipped: true, scale: 2 ** 3 },
      { isSkipped: false, scale: 2 ** 3 },
    ])
    expect(actual.results.map(({ scaling }) => scaling)).toEqual(expected.results.map(({ scaling }) => scaling))
    expect(actual.state.lossScale).toEqual(expected.state.lossScale)
    expect(worstError(actual.state, expected.state)).toBeLessThan(2e-5)
  })

  it('resumes with the same bits', async () => {
    const engine = await openCards([undefined, undefined])
    const steps = async (state: TrainingState, numbers: readonly number[]) => {
      const session = await engine.training(program(8, 1), state)
      for (const step of numbers) await session.step(samples(step, 0, 8), 0.01, step)
      const end = structuredClone(await session.readState())
      await session.dispose()
      return end
    }
    const start = initialState(parameters, program(1, 1).groups)
    expect(await steps(await steps(start, [1]), [2, 3])).toEqual(await steps(start, [1, 2, 3]))
  })

  it('computes a batch that it cannot divide on the first card', async () => {
    const engine = await openCards([undefined, undefined])
    const session = await engine.training(program(1, 1), initialState(parameters, program(1, 1).groups))
    expect((await session.step(samples(1, 0, 1), 0.01, 1)).loss).toBeGreaterThan(0)
    await session.dispose()
  })

  it('is assembled again by inference, with weights in each graph', async () => {
    const engine = await openCards([undefined, undefined])
    expect(relativeError(await inferOn(engine, 4), await infer(1, 4))).toBeLessThan(1e-6)
  })

  it('a card that fails ends the step and leaves the state as it was', async () => {
    const engine = await openCards([undefined, new URL('./lost-card.ts', import.meta.url)])
    const session = await engine.training(program(8, 1), initialState(parameters, program(1, 1).groups))
    await expect(session.step(samples(1, 0, 8), 0.01, 1)).rejects.toMatchObject({
      code: 'engine-unavailable',
      message: "The graphics card stopped while it computed 'a block'.",
      hint: expect.stringContaining('Saved checkpoints are intact'),
    })
    expect((await session.readState()).parameters).toEqual(parameters)
    await session.dispose()
  })

  it('a worker of a card that dies says how to do without', async () => {
    const worker = new WorkerThread(onCard, new URL('./dying-worker.ts', import.meta.url))
    const session = await worker.open('a block', { bytes: new Uint8Array() }, true)
    await expect(session.run({}, {})).rejects.toMatchObject({
      hint: expect.stringContaining('general.cards=1'),
    })
  })

  it('a card that does not start is reported when the engine is opened', async () => {
    const worker = new WorkerThread(onCard)
    onTestFinished(() => worker.dispose())
    await expect(worker.start()).rejects.toThrow(/CUDA/)
  })
})

describe('a worker that fails', () => {
  it('fails this step and all later ones, does not change the state, and does not hang', async () => {
    const session = await open(undefined, new URL('./dying-worker.ts', import.meta.url))
    const step = () => session.step(samples(1, 0, 2), 0.01, 1)
    await expect(step()).rejects.toMatchObject({
      code: 'internal',
      message: 'A compute worker has ended: the disk under it is gone',
    })
    await expect(step()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[StudioError: A compute worker has ended: the disk under it is gone]`,
    )
    expect((await session.readState()).parameters).toEqual(parameters)
  })

  it('says why it rejects a graph', async () => {
    const worker = new WorkerThread(onProcessor)
    onTestFinished(() => worker.dispose())
    await expect(worker.open('nonsense', { bytes: Uint8Array.of(1, 2, 3) }, false)).rejects.toMatchObject({
      code: 'engine-unavailable',
      message: expect.stringContaining("ONNX Runtime rejects the graph of 'nonsense'"),
    })
  })

  it('rejects requests after its end', async () => {
    const worker = new WorkerThread(onProcessor)
    await worker.dispose()
    await expect(worker.open('late', { bytes: new Uint8Array() }, false)).rejects.toThrow('has ended')
    await worker.dispose()
  })
})

describe('shards', () => {
  it.each([
    { batch: 4, workers: 2, count: 2 },
    { batch: 6, workers: 4, count: 3 },
    { batch: 5, workers: 4, count: 1 },
    { batch: 1, workers: 2, count: 1 },
  ])('of a batch of $batch for $workers workers are $count', ({ batch, workers, count }) => {
    expect(shardCount(program(batch, 1).inputs, workers)).toBe(count)
  })

  it('follow the axis of the batch', () => {
    const specs = {
      video: { shape: [4, 2], dtype: 'int32' },
      dropPath: { shape: [2, 4], dtype: 'int32', batchAxis: 1 },
    } as const
    expect(Object.values(shardSpecs(specs, 2)).map(({ shape }) => shape)).toEqual([
      [2, 2],
      [2, 2],
    ])
    const shards = new Shards(specs, 2).split({
      video: integers([0, 1, 2, 3, 4, 5, 6, 7], 4, 2),
      dropPath: integers([0, 1, 2, 3, 4, 5, 6, 7], 2, 4),
    })
    expect(shards.map(({ video, dropPath }) => [[...video!.data], [...dropPath!.data]])).toEqual([
      [
        [0, 1, 2, 3],
        [0, 1, 4, 5],
      ],
      [
        [4, 5, 6, 7],
        [2, 3, 6, 7],
      ],
    ])
  })

  it.each([
    {
      sizes: [1, 1, 1, 1],
      count: 2,
      shares: [
        [1, 1],
        [1, 1],
      ],
    },
    { sizes: [5, 1, 1, 1, 2], count: 2, shares: [[5], [1, 1, 1, 2]] },
    { sizes: [9, 1], count: 3, shares: [[], [9], [1]] },
  ])('of the update are about even: $sizes among $count', ({ sizes, count, shares }) => {
    expect(splitEvenly(sizes, (size) => size, count)).toEqual(shares)
  })
})
