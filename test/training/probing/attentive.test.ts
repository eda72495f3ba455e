import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { draws } from '#training/data/random.ts'
import type { Engine } from '#training/engine/program/engine.ts'
import { initialState } from '#training/engine/program/state.ts'
import { freshPooling, poolingTraining } from '#training/probing/attention-pooling.ts'
import { attentiveProbe, attentiveSchedule } from '#training/probing/attentive.ts'
import { linearProbe } from '#training/probing/linear.ts'
import { type LabelledTokens, requireRoomForTokens, scaleOfMeans, tokenStandardiser } from '#training/probing/tokens.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import type { NamedHostTensors } from '#training/tensor/host-tensor.ts'
import { noise } from '../engine/helpers.ts'

const work = { report: () => undefined, pause: () => Promise.resolve() }
const tokenCount = 12
const width = 10
const classes = 4

/**
 * One token of each video has a marker in channel 0 and its class in channels 1 to 4. Another token is its negative, so that the mean over
 * tokens carries nothing; all tokens have noise.
 */
function planted(seed: number, count: number): LabelledTokens {
  const random = draws(seed, 'planted')
  const labels = Int32Array.from({ length: count }, (_, index) => index % classes)
  const videos = Array.from(labels, (label) => {
    const tokens = Float32Array.from({ length: tokenCount * width }, () => 0.3 * random.normal())
    const [at, opposite] = random.permutation(tokenCount)
    for (const [token, sign] of [
      [at!, 1],
      [opposite!, -1],
    ] as const) {
      tokens[token * width]! += 3 * sign
      tokens[token * width + 1 + label]! += 3 * sign
    }
    return tokens
  })
  return { tokenCount, width, videos, labels }
}

/** Videos whose tokens are all equal. */
const constant = (count: number): LabelledTokens => ({
  ...planted(1, count),
  videos: Array.from({ length: count }, () => new Float32Array(tokenCount * width).fill(7)),
})

const none: LabelledTokens = { tokenCount, width, videos: [], labels: new Int32Array(0) }
const means = ({ videos, labels }: LabelledTokens) => ({
  width,
  labels,
  rows: Float64Array.from(
    videos.flatMap((tokens) =>
      Array.from({ length: width }, (_, c) =>
        Array.from({ length: tokenCount }, (_, token) => tokens[token * width + c]!).reduce(
          (a, b) => a + b / tokenCount,
          0,
        ),
      ),
    ),
  ),
})

let engine: Engine
beforeAll(async () => void (engine = await createEngine('onnx-cpu', { threads: 1 })))
afterAll(() => engine.dispose())

// Hundreds of steps, each of which waits for a thread.
describe('the attentive probe', { timeout: 240_000 }, () => {
  const splits = { train: planted(1, 96), validation: planted(2, 48), test: planted(3, 120) }

  it('finds the token that carries the class, which the mean over tokens hides', async () => {
    const reports: [number, number][] = []
    const attentive = await attentiveProbe(engine, splits, classes, {
      ...work,
      report: (...progress) => reports.push(progress),
    })
    expect(attentive.top1).toBeGreaterThanOrEqual(0.95)
    expect(attentive).toMatchObject({
      isChosenOnValidation: true,
      settings: 6,
      iterations: 400,
      batchSize: 64,
      top5: null,
    })
    expect(attentive.trainingLoss).toBeLessThan(0.2)
    expect(reports[0]).toEqual([0, 400])
    expect(reports.at(-1)).toEqual([400, 400])

    const { train, validation, test } = splits
    const linear = await linearProbe(
      { train: means(train), validation: means(validation), test: means(test) },
      classes,
      work,
    )
    expect(linear.top1).toBeLessThan(0.4)
  })

  it('takes the default rate and weight decay without validation videos, and repeats its numbers', async () => {
    const unlabelled = { ...splits, validation: none }
    const result = await attentiveProbe(engine, unlabelled, classes, work)
    expect(result).toMatchObject({ learningRate: 0.005, weightDecay: 0.01, isChosenOnValidation: false, settings: 1 })
    expect(result.top1).toBeGreaterThanOrEqual(0.95)
    expect(await attentiveProbe(engine, unlabelled, classes, work)).toEqual(result)
    expect(await attentiveProbe(engine, unlabelled, classes, work, 1)).not.toEqual(result)
  })

  it('counts ties as errors: features that are all equal have an accuracy of zero', async () => {
    const result = await attentiveProbe(
      engine,
      { train: constant(8), validation: none, test: constant(8) },
      classes,
      work,
    )
    expect(result).toMatchObject({ top1: 0, batchSize: 8, trainingLoss: expect.closeTo(Math.log(classes), 5) })
  })

  it('stops between two steps', async () => {
    let pauses = 0
    const stopping = attentiveProbe(engine, splits, classes, {
      ...work,
      pause: () => (++pauses === 3 ? Promise.reject(new Error('stopped')) : Promise.resolve()),
    })
    await expect(stopping).rejects.toThrow('stopped')
    expect(pauses).toBe(3)
  })

  it('refuses scores that are not finite', async () => {
    const huge = { ...splits.test, videos: splits.test.videos.map((tokens) => tokens.map(() => 3e38)) }
    const small = { ...splits.train, videos: splits.train.videos.map((tokens) => tokens.map((value) => value * 1e-3)) }
    await expect(
      attentiveProbe(engine, { train: small, validation: none, test: huge }, classes, work),
    ).rejects.toMatchObject({ code: 'diverged', message: expect.stringMatching(/^A score of the attentive probe is /) })
  })
})

const range = (length: number) => Array.from({ length }, (_, index) => index)
const softmax = (values: number[]): number[] => {
  const powers = values.map((value) => Math.exp(value - Math.max(...values)))
  return powers.map((power) => power / powers.reduce((a, b) => a + b, 0))
}

/** Mean cross entropy of one setting in 64 bits. */
function plainLoss(parameters: NamedHostTensors, inputs: NamedHostTensors, batch: number): number {
  const [query, weight, bias] = ['query', 'weight', 'bias'].map((name) => parameters[`setting-0.${name}`]!.data)
  const factors = parameters['scale']?.data
  const [tokens, targets] = [inputs['tokens']!.data, inputs['targets']!.data]
  const losses = range(batch).map((b) => {
    const token = (n: number, c: number) => tokens[(b * tokenCount + n) * width + c]!
    const shares = softmax(
      range(tokenCount).map(
        (n) => range(width).reduce((sum, c) => sum + token(n, c) * query![c]!, 0) / Math.sqrt(width),
      ),
    )
    const pooled = range(width).map(
      (c) => factors![c]! * shares.reduce((sum, share, n) => sum + share * token(n, c), 0),
    )
    const scores = range(classes).map((k) =>
      pooled.reduce((sum, value, i) => sum + value * weight![k * width + i]!, bias![k]!),
    )
    const probabilities = softmax(scores)
    return range(classes).reduce((sum, k) => sum - targets[b * classes + k]! * Math.log(probabilities[k]!), 0)
  })
  return losses.reduce((a, b) => a + b, 0) / batch
}

test.each(['cpu', 'onnx-cpu'] as const)('its gradient on %s is that of finite differences', async (name) => {
  const batch = 3
  const factors = Float32Array.from({ length: width }, (_, c) => 0.5 + c / 4)
  const shape = { tokenCount, width, classes }
  const settings = [
    { learningRate: 1e-6, weightDecay: 0 },
    { learningRate: 0.1, weightDecay: 0.5 },
  ]
  const program = poolingTraining(shape, settings, batch, 1)
  const start: NamedHostTensors = {
    ...freshPooling(shape, settings, factors),
    'setting-0.query': noise(6, 1, width),
    'setting-0.weight': noise(4, classes, width),
    'setting-0.bias': noise(5, classes),
  }
  const targets = new Float32Array(batch * classes)
  for (const [row, label] of [2, 0, 3].entries()) targets[row * classes + label] = 1
  const inputs: NamedHostTensors = {
    tokens: noise(3, batch, tokenCount, width),
    targets: { shape: [batch, classes], dtype: 'float32', data: targets },
  }
  const tested = await createEngine(name)
  const session = await tested.training(program, initialState(start, program.groups))
  const { outputs } = await session.step(inputs, 1, 1)
  const { firstMoments } = await session.readState()
  expect(outputs['loss-0']!.data[0]).toBeCloseTo(plainLoss(start, inputs, batch), 5)
  for (const parameter of ['setting-0.query', 'setting-0.weight', 'setting-0.bias']) {
    const { data, ...spec } = start[parameter]!
    const at = (index: number, change: number) =>
      plainLoss(
        // 64 bits, so that the change is not rounded.
        {
          ...start,
          [parameter]: { ...spec, data: Float64Array.from(data).with(index, data[index]! + change) as never },
        },
        inputs,
        batch,
      )
    data.forEach((_, index) => {
      const difference = (at(index, 1e-5) - at(index, -1e-5)) / 2e-5
      // The first moment after the first step is (1 − β1) times the gradient.
      expect(firstMoments[parameter]!.data[index]! / 0.1).toBeCloseTo(difference, 5)
    })
  }
  await session.dispose()
  await tested.dispose()
})

test('tokens are standardised by channel over all training tokens', () => {
  const train = {
    tokenCount: 2,
    width: 3,
    videos: [Float32Array.of(1, 5, 7, 3, 5, 7), Float32Array.of(1, 5, 9, 3, 5, 9)],
    labels: Int32Array.of(0, 1),
  }
  const target = new Float32Array(8)
  tokenStandardiser(train)(train.videos[0]!, target, 1)
  expect([...target]).toEqual([0, -1, 0, -1, 1, 0, -1, 0])
  // Means are 0, 0 and ±1; two independent tokens would have means with a deviation of √½.
  expect([...scaleOfMeans(train, tokenStandardiser(train))]).toEqual([
    expect.closeTo(Math.SQRT2, 6),
    expect.closeTo(Math.SQRT2, 6),
    1,
  ])
})

test('tokens that do not fit into half of the memory are refused with both sizes', () => {
  const shape = { tokenCount: 1568, width: 768 }
  expect(() => requireRoomForTokens(100, shape, 1024 ** 3)).not.toThrow()
  expect(() => requireRoomForTokens(200, shape, 1024 ** 3)).toThrow(
    'The attentive probe keeps all tokens of 200 videos, 919 MiB (1568 tokens of width 768 each), but only half of the available 1.0 GiB of memory may hold them.',
  )
})

test.each([
  { videos: 3, tokenCount: 8, expected: { microBatch: 3, accumulationSteps: 1, steps: 400 } },
  { videos: 100, tokenCount: 256, expected: { microBatch: 64, accumulationSteps: 1, steps: 400 } },
  { videos: 6400, tokenCount: 256, expected: { microBatch: 64, accumulationSteps: 1, steps: 2000 } },
  { videos: 6400, tokenCount: 100_000, expected: { microBatch: 2, accumulationSteps: 32, steps: 2000 } },
  { videos: 6400, tokenCount: 1_000_000, expected: { microBatch: 1, accumulationSteps: 64, steps: 2000 } },
])('$videos videos of $tokenCount tokens are seen in batches of $expected', ({ videos, tokenCount, expected }) => {
  expect(attentiveSchedule({ tokenCount, width: 64, labels: new Int32Array(videos) })).toEqual(expected)
})
