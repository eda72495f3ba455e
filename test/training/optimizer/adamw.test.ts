import { beforeAll, describe, expect, it } from 'vitest'
import type { EngineName } from '#contract/domain/engine.ts'
import type { TrainingProgram } from '#training/engine/program/engine.ts'
import { initialState } from '#training/engine/program/state.ts'
import { adamW, type AdamWState } from '#training/optimizer/adamw.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import type { HostTensor } from '#training/tensor/host-tensor.ts'
import * as tf from '#training/tensor/tf.ts'

const coefficients = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8 }
const vector = (...data: number[]): HostTensor => ({
  shape: [data.length],
  dtype: 'float32',
  data: Float32Array.from(data),
})

interface Numbers {
  parameter: number
  first: number
  second: number
}

/** The update as in the paper and in PyTorch, on one number in double precision. */
function byHand(state: Numbers, gradient: number, rate: number, decay: number, step: number): Numbers {
  const { beta1, beta2, epsilon } = coefficients
  const first = beta1 * state.first + (1 - beta1) * gradient
  const second = beta2 * state.second + (1 - beta2) * gradient ** 2
  const decayed = state.parameter * (1 - rate * decay)
  const denominator = Math.sqrt(second) / Math.sqrt(1 - beta2 ** step) + epsilon
  return { parameter: decayed - (rate / (1 - beta1 ** step)) * (first / denominator), first, second }
}

describe('adamW', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu')
  })

  it('moves by the learning rate in the first step, after the decay, whatever the size of the gradient', () => {
    const state: AdamWState = {
      parameter: tf.tensor1d([1, -2, 3]),
      firstMoment: tf.zeros([3]),
      secondMoment: tf.zeros([3]),
    }
    const schedule = {
      learningRate: tf.scalar(0.1),
      firstCorrection: tf.scalar(0.1),
      secondCorrection: tf.scalar(0.05),
    }
    const next = adamW(
      state,
      tf.tensor1d([4, -0.01, 0]),
      { learningRateScale: tf.scalar(1), weightDecay: tf.scalar(0.5) },
      schedule,
      coefficients,
    )
    const [a, b, c] = next.parameter.dataSync()
    expect(a).toBeCloseTo(1 * 0.95 - 0.1, 6)
    expect(b).toBeCloseTo(-2 * 0.95 + 0.1, 6)
    expect(c).toBeCloseTo(3 * 0.95, 6)
    expect([...next.firstMoment.dataSync()].map((x) => Number(x.toFixed(6)))).toEqual([0.4, -0.001, 0])
    expect([...next.secondMoment.dataSync()].map((x) => Number(x.toFixed(6)))).toEqual([0.8, 0.000005, 0])
  })

  it.each([
    ['cpu', 0],
    ['cpu', 0.5],
    ['onnx-cpu', 0],
    ['onnx-cpu', 0.5],
    ['wasm', 0.5],
  ] as [EngineName, number][])(
    'equals the update by hand over ten steps on %s, gradients clipped at %s',
    async (name, clipGradient) => {
      const groups = {
        plain: { learningRateScale: 1, weightDecay: 0 },
        scaled: { learningRateScale: 0.25, weightDecay: 0.1 },
      }
      // The gradient of Σ p·x is x, so the inputs are the gradients.
      const program: TrainingProgram = {
        name: 'a linear function',
        inputs: { x: { shape: [2], dtype: 'float32' }, y: { shape: [3], dtype: 'float32' } },
        groups,
        optimizer: { ...coefficients, clipGradient },
        loss: ({ plain, scaled }, { x, y }) => ({
          loss: plain!.mul(x!).sum().add(scaled!.mul(y!).sum()) as tf.Scalar,
          outputs: {},
        }),
      }
      const engine = await createEngine(name, {})
      const session = await engine.training(
        program,
        initialState({ plain: vector(0.5, -1), scaled: vector(2, 0.1, -0.3) }, groups),
      )
      let expected: Numbers[] = [0.5, -1, 2, 0.1, -0.3].map((parameter) => ({ parameter, first: 0, second: 0 }))
      for (let step = 1; step <= 10; step++) {
        const gradients = [0.3 * Math.sin(step), 1 / step, 0.02 * step, -0.5, Math.cos(3 * step)]
        const norm = Math.hypot(...gradients)
        const factor = clipGradient > 0 ? Math.min(1, clipGradient / (norm + 1e-6)) : 1
        const rate = 0.01 * step
        const result = await session.step(
          { x: vector(...gradients.slice(0, 2)), y: vector(...gradients.slice(2)) },
          rate,
          step,
        )
        expect(result.gradientNorm).toBeCloseTo(norm, 5)
        expected = expected.map((state, i) =>
          byHand(state, gradients[i]! * factor, i < 2 ? rate : rate * 0.25, i < 2 ? 0 : 0.1, step),
        )
      }
      const { parameters, firstMoments, secondMoments } = await session.readState()
      const read = [parameters, firstMoments, secondMoments].map((role) => [...role.plain!.data, ...role.scaled!.data])
      expected.forEach(({ parameter, first, second }, i) => {
        expect(read[0]![i]).toBeCloseTo(parameter, 5)
        expect(read[1]![i]).toBeCloseTo(first, 6)
        expect(read[2]![i]).toBeCloseTo(second, 6)
      })
      await session.dispose()
      await engine.dispose()
    },
  )
})
