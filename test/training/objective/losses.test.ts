import { beforeAll, describe, expect, it } from 'vitest'
import type { EngineName } from '#contract/domain/engine.ts'
import type { TrainingProgram } from '#training/engine/program/engine.ts'
import { initialState } from '#training/engine/program/state.ts'
import { softTargetLoss } from '#training/objective/classification-loss.ts'
import { type FeatureDistance, featureErrors, featureLoss } from '#training/objective/feature-loss.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import type { HostTensor } from '#training/tensor/host-tensor.ts'
import * as tf from '#training/tensor/tf.ts'

beforeAll(async () => {
  await tf.setBackend('cpu')
})

const unit = (vector: number[]) => vector.map((x) => x / Math.hypot(...vector))

describe('featureLoss', () => {
  const differences = [-3, -1, -0.5, 0, 0.25, 1, 2]
  const cases: [FeatureDistance, value: (d: number) => number, slope: (d: number) => number][] = [
    ['smooth-l1', (d) => (Math.abs(d) < 1 ? d ** 2 / 2 : Math.abs(d) - 0.5), (d) => Math.max(-1, Math.min(1, d))],
    ['l1', Math.abs, Math.sign],
    ['l2', (d) => d ** 2, (d) => 2 * d],
  ]

  it.each(cases)('%s has the values and slopes of its definition', (distance, value, slope) => {
    const target = tf.scalar(5)
    const { value: loss, grad } = tf.valueAndGrad((prediction: tf.Tensor) => featureLoss(distance, prediction, target))(
      tf.tensor3d([[differences]]).add(target),
    )
    const mean = differences.map(value).reduce((a, b) => a + b) / differences.length
    expect(loss.dataSync()[0]).toBeCloseTo(mean, 5)
    const slopes = grad.mul(differences.length).dataSync()
    differences.forEach((d, index) => expect(slopes[index]).toBeCloseTo(slope(d), 5))
  })

  it.each<FeatureDistance>(['smooth-l1', 'cosine'])('%s of each token averages to the loss', (distance) => {
    const [prediction, target] = [
      tf.randomNormal([2, 3, 4], 0, 2, 'float32', 1),
      tf.randomNormal([2, 3, 4], 0, 2, 'float32', 2),
    ]
    const errors = featureErrors(distance, prediction, target)
    expect(errors.shape).toEqual([2, 3])
    expect(errors.mean().dataSync()[0]).toBeCloseTo(featureLoss(distance, prediction, target).dataSync()[0]!, 5)
  })

  it('cosine is the squared distance of the vectors brought to length 1, whatever their lengths', () => {
    const [prediction, target] = [
      [3, -4, 0],
      [0.1, 0.2, -0.2],
    ]
    const expected = unit(prediction).reduce((sum, x, index) => sum + (x - unit(target)[index]!) ** 2, 0)
    const loss = (scale: number) =>
      featureLoss('cosine', tf.tensor3d([[prediction]]).mul(scale), tf.tensor3d([[target]])).dataSync()[0]!
    expect(loss(1)).toBeCloseTo(expected, 5)
    expect(loss(20)).toBeCloseTo(expected, 5)
    expect(featureLoss('cosine', tf.tensor3d([[target]]), tf.tensor3d([[target]])).dataSync()[0]).toBeCloseTo(0, 5)
  })

  it('cosine has the slope of its definition, across the vector', () => {
    const slope = tf.grad((prediction: tf.Tensor) => featureLoss('cosine', prediction, tf.tensor3d([[[1, 0]]])))(
      tf.tensor3d([[[2, 2]]]),
    )
    // d/dx of -2 x / |x| at (2, 2): -2 (1/|x| - x x / |x|^3).
    expect([...slope.dataSync()].map((x) => Number(x.toFixed(5)))).toEqual([-0.35355, 0.35355])
  })
})

/** Numbers between -1 and 1 that never change. */
const host = (seed: number, ...shape: number[]): HostTensor => ({
  shape,
  dtype: 'float32',
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, index) => Math.sin(seed + 1.7 * index)),
})

describe.each<FeatureDistance>(['smooth-l1', 'l1', 'l2', 'cosine'])('three steps of learning by %s', (distance) => {
  const program: TrainingProgram = {
    name: distance,
    inputs: { x: { shape: [2, 3, 5], dtype: 'float32' }, target: { shape: [2, 3, 4], dtype: 'float32' } },
    groups: { weight: { learningRateScale: 1, weightDecay: 0 } },
    optimizer: { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, clipGradient: 0 },
    loss: ({ weight }, { x, target }) => ({
      loss: featureLoss(distance, tf.matMul(x!.reshape([6, 5]), weight!).reshape([2, 3, 4]), target!),
      outputs: {},
    }),
  }
  async function learn(name: EngineName): Promise<number[]> {
    const engine = await createEngine(name, { threads: 1 })
    const session = await engine.training(program, initialState({ weight: host(1, 5, 4) }, program.groups))
    for (let step = 1; step <= 3; step++)
      await session.step({ x: host(step, 2, 3, 5), target: host(10 + step, 2, 3, 4) }, 0.1, step)
    const { parameters } = await session.readState()
    await session.dispose()
    await engine.dispose()
    return [...parameters['weight']!.data]
  }

  it.each(['onnx-cpu', 'wasm'] as const)('gives on %s what it gives on cpu', async (name) => {
    const [actual, expected] = [await learn(name), await learn('cpu')]
    expected.forEach((value, index) => expect(actual[index]).toBeCloseTo(value, 4))
  })
})

describe('softTargetLoss', () => {
  it('is the entropy of the targets at the best logits', () => {
    const targets = tf.tensor2d([[0.7, 0.2, 0.1]])
    expect(softTargetLoss(targets.log(), targets).dataSync()[0]).toBeCloseTo(
      -(0.7 * Math.log(0.7) + 0.2 * Math.log(0.2) + 0.1 * Math.log(0.1)),
      5,
    )
  })
  it('stays finite for large logits', () => {
    expect(softTargetLoss(tf.tensor2d([[1000, 0]]), tf.tensor2d([[0, 1]])).dataSync()[0]).toBe(1000)
  })
})
