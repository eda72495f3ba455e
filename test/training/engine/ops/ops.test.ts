import { beforeAll, describe, expect, it } from 'vitest'
import { attention, gelu, geluLinear, layerNorm, linear, normLinear } from '#training/engine/ops/index.ts'
import * as tf from '#training/tensor/tf.ts'
import '@tensorflow/tfjs-backend-cpu'

const epsilon = 1e-6
const random = (seed: number, ...shape: number[]): tf.Tensor => tf.randomNormal(shape, 0, 1, 'float32', seed)

function plainLayerNorm(x: tf.Tensor, scale?: tf.Tensor, shift?: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(x, -1, true)
  let y = x.sub(mean).div(variance.add(epsilon).sqrt())
  if (scale) y = y.mul(scale)
  return shift ? y.add(shift) : y
}

function plainAttention(qkv: tf.Tensor, heads: number): tf.Tensor {
  const [b, n, w] = qkv.shape as [number, number, number]
  const d = w / 3 / heads
  const [q, k, v] = qkv.reshape([b, n, 3, heads, d]).transpose([2, 0, 3, 1, 4]).unstack() as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ]
  const weights = tf.softmax(tf.matMul(q, k, false, true).div(Math.sqrt(d)))
  return tf
    .matMul(weights, v)
    .transpose([0, 2, 1, 3])
    .reshape([b, n, w / 3])
}

type Op = (...inputs: tf.Tensor[]) => tf.Tensor
const cases: { name: string; op: Op; plain: Op; inputs: () => tf.Tensor[] }[] = [
  {
    name: 'linear with bias',
    op: (x, w, b) => linear(x!, w!, b),
    plain: (x, w, b) =>
      tf
        .matMul(x!.reshape([6, 4]), w!.transpose())
        .add(b!)
        .reshape([2, 3, 5]),
    inputs: () => [random(1, 2, 3, 4), random(2, 5, 4), random(3, 5)],
  },
  {
    name: 'linear without bias',
    op: (x, w) => linear(x!, w!),
    plain: (x, w) => tf.matMul(x!, w!.transpose()),
    inputs: () => [random(1, 3, 4), random(2, 5, 4)],
  },
  {
    name: 'layerNorm',
    op: (x, s, b) => layerNorm(x!, s, b, epsilon),
    plain: (x, s, b) => plainLayerNorm(x!, s, b),
    inputs: () => [random(1, 2, 3, 8), random(2, 8), random(3, 8)],
  },
  {
    name: 'layerNorm without shift',
    op: (x, s) => layerNorm(x!, s, undefined, epsilon),
    plain: (x, s) => plainLayerNorm(x!, s),
    inputs: () => [random(1, 3, 8), random(2, 8)],
  },
  {
    name: 'layerNorm without affine part',
    op: (x) => layerNorm(x!, undefined, undefined, epsilon),
    plain: (x) => plainLayerNorm(x!),
    inputs: () => [random(1, 3, 8)],
  },
  {
    name: 'gelu',
    op: (x) => gelu(x!),
    plain: (x) => x!.mul(x!.div(Math.SQRT2).erf().add(1)).div(2),
    inputs: () => [random(1, 4, 5)],
  },
  {
    name: 'geluLinear',
    op: (x, w, b) => geluLinear(x!, w!, b!),
    plain: (x, w, b) =>
      tf
        .matMul(x!.mul(x!.div(Math.SQRT2).erf().add(1)).div(2).reshape([6, 4]), w!.transpose())
        .add(b!)
        .reshape([2, 3, 5]),
    inputs: () => [random(1, 2, 3, 4), random(2, 5, 4), random(3, 5)],
  },
  {
    name: 'normLinear',
    op: (x, s, t, w, b) => normLinear(x!, s!, t!, epsilon, w!, b),
    plain: (x, s, t, w, b) =>
      tf
        .matMul(plainLayerNorm(x!, s, t).reshape([6, 4]), w!.transpose())
        .add(b!)
        .reshape([2, 3, 5]),
    inputs: () => [random(1, 2, 3, 4), random(2, 4), random(3, 4), random(4, 5, 4), random(5, 5)],
  },
  {
    name: 'normLinear without bias',
    op: (x, s, t, w) => normLinear(x!, s!, t!, epsilon, w!),
    plain: (x, s, t, w) => tf.matMul(plainLayerNorm(x!, s, t), w!.transpose()),
    inputs: () => [random(1, 3, 4), random(2, 4), random(3, 4), random(4, 5, 4)],
  },
  {
    name: 'attention',
    op: (x) => attention(x!, 2),
    plain: (x) => plainAttention(x!, 2),
    inputs: () => [random(1, 2, 5, 24)],
  },
]

describe('ops equal their textbook form in value and gradient', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu')
  })

  it.each(cases)('$name', ({ op, plain, inputs }) => {
    const xs = inputs()
    const evaluate = (f: Op): number[][] => {
      const y = f(...xs)
      const weights = random(9, ...y.shape)
      const gradients = tf.grads((...x: tf.Tensor[]) =>
        f(...x)
          .mul(weights)
          .sum(),
      )(xs)
      return [y, ...gradients].map((t) => [...t.shape, ...t.dataSync()])
    }
    const [ours, theirs] = [evaluate(op), evaluate(plain)]
    expect(ours.length).toBe(theirs.length)
    ours.forEach((values, i) => {
      expect(values.length).toBe(theirs[i]!.length)
      values.forEach((value, j) => expect(value).toBeCloseTo(theirs[i]![j]!, 5))
    })
  })
})
