import { describe, expect, it } from 'vitest'
import { compiledEngine } from '#training/engine/compiled-engine.ts'
import { attention } from '#training/engine/ops/index.ts'
import { chunkCount, recomputedAttention } from '#training/engine/ops/recomputed-attention.ts'
import type { Engine, TrainingProgram } from '#training/engine/program/engine.ts'
import { initialState } from '#training/engine/program/state.ts'
import { executionOrder } from '#training/engine/record/graph/execution-order.ts'
import { sizeOf } from '#training/engine/record/graph/graph.ts'
import type { RecordOptions } from '#training/engine/record/record.ts'
import { openProvider } from '#training/engine/run/onnx/providers.ts'
import { recordGradients } from '#training/engine/run/onnx/training-graph.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import type * as tf from '#training/tensor/tf.ts'
import { noise, relativeError } from '../helpers.ts'

const [batch, tokens, heads, width] = [2, 7, 3, 12]

type Attention = (qkv: tf.Tensor, heads: number) => tf.Tensor

/** One update of qkv by the gradient of attention. */
function program(attend: Attention): TrainingProgram {
  return {
    name: 'attention',
    inputs: { target: { shape: [batch, tokens, width], dtype: 'float32' } },
    groups: { qkv: { learningRateScale: 1, weightDecay: 0 } },
    optimizer: { beta1: 0, beta2: 0, epsilon: 1e-8, clipGradient: 0 },
    loss: ({ qkv }, { target }) => {
      const output = attend(qkv!.mul(2), heads)
      return { loss: output.mul(target!).sum() as tf.Scalar, outputs: { output } }
    },
  }
}

const parameters = { qkv: noise(1, batch, tokens, 3 * width) }

/** Output and gradient of one step: with beta1 = 0 the first moment is the gradient. */
async function step(engine: Engine, attend: Attention) {
  const trained = program(attend)
  const lossScale = { scale: 16, goodSteps: 0, skippedSteps: 0 }
  const session = await engine.training(trained, { ...initialState(parameters, trained.groups), lossScale })
  const { outputs } = await session.step({ target: noise(2, batch, tokens, width) }, 0, 1)
  const { firstMoments } = await session.readState()
  const result = {
    output: outputs['output']!,
    gradient: { ...firstMoments['qkv']!, data: firstMoments['qkv']!.data.slice() },
  }
  await session.dispose()
  await engine.dispose()
  return result
}

async function recording(options: RecordOptions): Promise<Engine> {
  const provider = await openProvider('onnx-cpu', { threads: 1 })
  return compiledEngine('onnx-cpu', { ...provider, recordOptions: options })
}

describe('attention whose gradient recomputes its matrices', () => {
  it.each([
    { name: 'all heads at once', attend: attention },
    { name: 'two matrices at a time', attend: (qkv: tf.Tensor) => recomputedAttention(qkv, heads, 2 * tokens ** 2) },
    { name: 'one matrix at a time', attend: (qkv: tf.Tensor) => recomputedAttention(qkv, heads, 1) },
  ])('has the output and gradient of plain JavaScript: $name', async ({ attend }) => {
    const expected = await step(await createEngine('cpu'), attention)
    const actual = await step(await recording({ recomputesAttention: true }), attend)
    expect(relativeError(actual.output, expected.output)).toBeLessThan(2e-6)
    expect(relativeError(actual.gradient, expected.gradient)).toBeLessThan(2e-6)
    expect(actual.gradient.data.some((number) => number !== 0)).toBe(true)
  })

  it.each([
    { type: 'float16', limit: 4e-3 },
    { type: 'bfloat16', limit: 3e-2 },
  ] as const)('agrees in $type', async ({ type, limit }) => {
    const expected = await step(await createEngine('cpu'), attention)
    const half = { type, isImitated: true }
    const actual = await step(await recording({ recomputesAttention: true, half }), attention)
    expect(relativeError(actual.output, expected.output)).toBeLessThan(limit)
    expect(relativeError(actual.gradient, expected.gradient)).toBeLessThan(limit)
  })

  it('keeps no matrix for the gradient, and computes none in float32 on a device with half precision', () => {
    const trained = program(attention)
    const options: RecordOptions = {
      recomputesAttention: true,
      half: { type: 'bfloat16', isImitated: false, hasExactSoftmax: true },
    }
    const order = executionOrder(Object.values(recordGradients(trained, { parameters }, options).values))
    const fused = order.findIndex(({ operator }) => operator === 'com.microsoft.MultiHeadAttention')
    const matrices = order.flatMap(({ outputs }, index) =>
      outputs.filter(({ shape }) => sizeOf(shape) === batch * heads * tokens ** 2).map(({ type }) => ({ type, index })),
    )
    expect(fused).toBeGreaterThan(0)
    expect(matrices.map(({ type }) => type)).toEqual(['bfloat16', 'bfloat16', 'bfloat16', 'bfloat16'])
    expect(Math.min(...matrices.map(({ index }) => index))).toBeGreaterThan(fused)
  })

  it('is not used unless the recording asks for it', () => {
    const order = executionOrder(Object.values(recordGradients(program(attention), { parameters }).values))
    expect(order.map(({ operator }) => operator)).not.toContain('com.microsoft.MultiHeadAttention')
  })
})

it('matrices are computed in the fewest equal chunks that are small enough', () => {
  const limit = 2 ** 26
  expect(chunkCount(6, 7, limit)).toBe(1)
  expect(chunkCount(8 * 12, 1568, limit)).toBe(4)
  expect(chunkCount(5 * 12, 1568, limit)).toBe(3)
  expect(chunkCount(7, 1568, 2 * 1568 ** 2)).toBe(7)
  expect(chunkCount(2, 1568, 1)).toBe(2)
})
