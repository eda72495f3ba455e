import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EngineName } from '#contract/domain/engine.ts'
import { attention, gelu, layerNorm, linear } from '#training/engine/ops/index.ts'
import type { Engine } from '#training/engine/program/engine.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import type { HostTensor, NamedHostTensors } from '#training/tensor/host-tensor.ts'
import * as tf from '#training/tensor/tf.ts'
import { compiled } from './engines-under-test.ts'
import { integers, noise, relativeError } from './helpers.ts'

type Op = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[]
interface Case {
  name: string
  op: Op
  inputs: HostTensor[]
  /** Inputs to differentiate by; all by default, none for operators that have no gradient. */
  by?: number[]
}

const x = noise(1, 2, 3, 4)
const y = noise(2, 2, 3, 4)
const row = noise(3, 4)
const column = noise(4, 3, 1)
const positive: HostTensor = { ...x, data: Float32Array.from(x.data, (v) => Math.abs(v) + 0.1) }
const image = noise(5, 4, 6)
const tokens = noise(6, 2, 5, 8)
const heads = noise(7, 2, 3, 5, 4)

const unary = (name: string, op: (x: tf.Tensor) => tf.Tensor, input = x): Case => ({
  name,
  op: (t) => op(t!),
  inputs: [input],
})
const binary = (name: string, op: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, inputs = [x, y], by?: number[]): Case => ({
  name,
  op: (a, b) => op(a!, b!),
  inputs,
  ...(by ? { by } : {}),
})
const plain = (name: string, op: (x: tf.Tensor) => tf.Tensor, input = x): Case => ({
  ...unary(name, op, input),
  by: [],
})

const cases: Case[] = [
  unary('Abs', tf.abs),
  plain('Ceil', tf.ceil),
  unary('Cos', tf.cos),
  unary('Erf', tf.erf),
  unary('Exp', tf.exp),
  plain('Floor', tf.floor),
  unary('Log', tf.log, positive),
  unary('Neg', tf.neg),
  unary('Reciprocal', tf.reciprocal, positive),
  unary('Relu', tf.relu),
  plain('Round', (t) => tf.round(t.mul(10))),
  unary('Rsqrt', tf.rsqrt, positive),
  unary('Sigmoid', tf.sigmoid),
  plain('Sign', tf.sign),
  unary('Sin', tf.sin),
  unary('Sqrt', tf.sqrt, positive),
  unary('Square', tf.square),
  plain('Step', (t) => tf.step(t)),
  plain('Step with alpha', (t) => tf.step(t, -1)),
  unary('Tanh', tf.tanh),
  unary('ClipByValue', (t) => tf.clipByValue(t, -0.5, 0.25)),
  plain('Cast to int32 and back', (t) => t.mul(10).toInt().toFloat()),
  unary('Cast to the same type', (t) => t.toFloat()),
  unary('Identity', (t) => t.clone()),
  unary('ZerosLike and OnesLike', (t) => t.mul(tf.onesLike(t)).add(tf.zerosLike(t))),
  unary('ones', (t) => t.mul(tf.ones([4])).add(tf.ones([3, 1]))),
  plain('Range', () => tf.range(0, 10, 3)),

  binary('Add', tf.add),
  binary('Sub', tf.sub),
  binary('Multiply', tf.mul),
  binary('Multiply by itself', (a) => tf.mul(a, a), [x], [0]),
  binary('RealDiv', tf.div, [x, positive]),
  binary('Maximum', tf.maximum),
  binary('Minimum', tf.minimum),
  binary('Pow', tf.pow, [positive, y]),
  unary('Pow 2', (t) => tf.pow(t, 2)),
  unary('Pow 0.5', (t) => tf.pow(t, 0.5), positive),
  binary('SquaredDifference', tf.squaredDifference),
  binary('AddN', (a, b) => tf.addN([a, b, a])),
  binary('broadcast over rows', (a, b) => a.mul(b).add(b), [x, row]),
  binary('broadcast over columns', (a, b) => a.sub(b).div(b), [x, column]),
  binary('broadcast on both sides', (a, b) => a.mul(b), [noise(8, 3, 1), noise(9, 1, 4)]),
  unary('repeated on both sides', (t) =>
    tf
      .tile(t.sum().reshape([1]), [4])
      .mul(tf.ones([4]))
      .add(tf.tile(t.mean().reshape([1]), [4])),
  ),
  unary('constant factors', (t) =>
    t
      .mul(2)
      .transpose([2, 0, 1])
      .reshape([4, 6])
      .mul(t.mul(3).reshape([4, 6]))
      .div(7)
      .sum(0),
  ),
  unary('constants only', (t) => t.mul(tf.scalar(2).mul(3).add(1).sub(0.5).div(2))),

  plain('Equal', (t) => tf.equal(t.mul(4).toInt(), tf.scalar(1, 'int32')).toFloat()),
  plain('NotEqual', (t) => tf.notEqual(t.mul(4).toInt(), tf.scalar(1, 'int32')).toInt()),
  plain('comparisons and logic', (t) => {
    const [greater, less] = [tf.greater(t, -0.2), tf.less(t, 0.4)]
    return tf.logicalOr(
      tf.logicalAnd(greater, less),
      tf.logicalNot(tf.greaterEqual(t, -0.6)).logicalAnd(tf.lessEqual(t, -0.8)),
    )
  }),
  {
    name: 'Select',
    op: (a, b, c) => tf.where(c!.greater(0), a!, b!.mul(2)),
    inputs: [x, y, noise(8, 2, 3, 4)],
    by: [0, 1],
  },
  {
    name: 'Select against a number',
    op: (a, c) => tf.where(c!.greater(0), a!, tf.scalar(0.5)),
    inputs: [x, y],
    by: [0],
  },

  unary('Sum of everything', (t) => tf.sum(t)),
  unary('Sum', (t) => tf.sum(t, [0, 2])),
  unary('Sum keeping axes', (t) => tf.sum(t, -1, true)),
  unary('Sum over no axis', (t) => tf.sum(t, [])),
  plain('Sum of truth values', (t) => t.greater(0).sum(1)),
  unary('Mean', (t) => tf.mean(t, 1)),
  unary('Mean keeping axes', (t) => tf.mean(t, [1, 2], true)),
  unary('Max', (t) => tf.max(t, -1)),
  unary('Min', (t) => tf.min(t, [1, 2])),
  plain('Prod', (t) => tf.prod(t, 1)),
  unary('moments', (t) => tf.moments(t, -1, true).variance),
  unary('Softmax', (t) => tf.softmax(t)),
  unary('LogSoftmax', (t) => tf.logSoftmax(t)),
  plain('ArgMax', (t) => tf.argMax(t, 1)),
  unary('sum of squares', (t) => t.square().sum().sqrt()),

  unary('Reshape', (t) => t.reshape([6, -1]).reshape([4, 3, 2]).mul(2).reshape([24])),
  unary('ExpandDims', (t) => t.expandDims(1).expandDims(-1)),
  unary('Transpose', (t) => t.transpose([2, 0, 1])),
  unary('Transpose nothing', (t) => t.transpose([0, 1, 2])),
  unary('Slice', (t) => t.slice([0, 1, 1], [2, 2, -1])),
  unary('Slice everything', (t) => t.slice([0, 0, 0], [2, 3, 4])),
  binary('Concat', (a, b) => tf.concat([a, b, a], 2)),
  binary('Pack', (a, b) => tf.stack([a, b], 1)),
  { name: 'Unpack', op: (t) => tf.unstack(t!, 1).map((part, i) => part.mul(i + 1)), inputs: [x] },
  { name: 'SplitV', op: (t) => tf.split(t!, [1, 3], 2), inputs: [x] },
  { name: 'SplitV in equal parts', op: (t) => tf.split(t!, 2, -1), inputs: [x] },
  { name: 'SplitV with a part unused', op: (t) => tf.split(t!, 3, 1)[1]!, inputs: [x] },
  unary('Tile', (t) => tf.tile(t, [2, 1, 3])),
  unary('BroadcastTo', (t) => tf.broadcastTo(t.reshape([2, 1, 12]), [2, 3, 12])),
  unary('PadV2', (t) =>
    tf.pad(
      t,
      [
        [0, 1],
        [2, 0],
        [1, 1],
      ],
      0.5,
    ),
  ),

  binary('product', (a, b) => tf.matMul(a, b), [image, noise(10, 6, 5)]),
  binary('product, left transposed', (a, b) => tf.matMul(a, b, true, false), [image, noise(10, 4, 5)]),
  binary('product, right transposed', (a, b) => tf.matMul(a, b, false, true), [image, noise(10, 5, 6)]),
  binary('product, both transposed', (a, b) => tf.matMul(a, b, true, true), [image, noise(10, 5, 4)]),
  binary('product with factors', (a, b) => tf.matMul(a.mul(3), b.div(2)).mul(0.1), [image, noise(10, 6, 5)]),
  binary(
    'product with a factor, used twice',
    (a, b) => {
      const p = tf.matMul(a, b)
      return p.mul(0.1).add(p)
    },
    [image, noise(10, 6, 5)],
  ),
  {
    name: 'product with bias and factor',
    op: (a, b, c) => tf.matMul(a!, b!).add(c!).mul(0.1),
    inputs: [image, noise(10, 6, 5), noise(11, 5)],
  },
  binary('batched product', (a, b) => tf.matMul(a, b), [heads, noise(11, 2, 3, 4, 6)]),
  binary('batched product, right transposed', (a, b) => tf.matMul(a, b, false, true).mul(0.5), [
    heads,
    noise(11, 2, 3, 6, 4),
  ]),
  binary('batched product, left transposed', (a, b) => tf.matMul(a.mul(2), b, true, false), [
    heads,
    noise(11, 2, 3, 5, 6),
  ]),
  {
    name: '_FusedMatMul',
    op: (a, b, bias) => tf.fused.matMul({ a: a as tf.Tensor2D, b: b as tf.Tensor2D, bias: bias! }),
    inputs: [image, noise(10, 6, 5), noise(11, 5)],
  },
  {
    name: '_FusedMatMul with relu',
    op: (a, b, bias) => tf.fused.matMul({ a: a as tf.Tensor2D, b: b as tf.Tensor2D, bias: bias!, activation: 'relu' }),
    inputs: [image, noise(10, 6, 5), noise(11, 5)],
    by: [],
  },

  binary('GatherV2', (a, b) => tf.gather(a, b as tf.Tensor1D, 1), [x, integers([2, 0, 2])], []),
  binary(
    'GatherV2 of a matrix of indices',
    (a, b) => tf.gather(a, b as tf.Tensor1D),
    [x, integers([1, 0, 1, 1], 2, 2)],
    [],
  ),
  binary(
    'GatherV2 with batch axes',
    (a, b) => tf.gather(a, b as tf.Tensor1D, 1, 1),
    [x, integers([2, 0, 1, 1], 2, 2)],
    [],
  ),
  binary('GatherNd', (a, b) => tf.gatherND(a, b), [x, integers([1, 2, 0, 1], 2, 2)], []),
  binary('OneHot', (a, b) => a.mul(tf.oneHot(b.toInt(), 4, 0.9, 0.1, 'float32')), [row, integers([2, 0, 3])], [0]),

  { name: 'linear', op: (a, w, b) => linear(a!, w!, b), inputs: [tokens, noise(12, 6, 8), noise(13, 6)] },
  { name: 'layerNorm', op: (a, s, b) => layerNorm(a!, s, b, 1e-6), inputs: [tokens, noise(12, 8), noise(13, 8)] },
  {
    name: 'layerNorm without affine part',
    op: (a) => layerNorm(a!, undefined, undefined, 1e-6).mul(2),
    inputs: [tokens],
  },
  unary('gelu', gelu, tokens),
  {
    name: 'gelu between products',
    op: (a, w, b, v) => linear(gelu(linear(a!, w!, b)), v!),
    inputs: [tokens, noise(12, 6, 8), noise(13, 6), noise(14, 3, 6)],
  },
  unary('attention', (t) => attention(t, 2), noise(12, 2, 5, 24)),
  plain('attention over more tokens than a card computes side by side', (t) => attention(t, 2), noise(12, 2, 50, 24)),
]

describe.each(compiled)('kernels recorded to ONNX equal tfjs on plain JavaScript: %s', (name) => {
  let engines: Engine[]
  beforeAll(async () => {
    engines = [await createEngine('cpu'), await createEngine(name, { threads: 1 })]
  })
  afterAll(() => Promise.all(engines.map((engine) => engine.dispose())))

  it.each(cases)('$name', async ({ name: kernel, op, inputs, by }) => {
    const [expected, actual] = await Promise.all(
      engines.map((engine) => evaluate(engine, op, inputs, by ?? inputs.map((_, i) => i))),
    )
    expect(Object.keys(actual!)).toEqual(Object.keys(expected!))
    const errors = Object.entries(expected!).map(
      ([name, tensor]) => [name, relativeError(actual![name]!, tensor)] as const,
    )
    expect(errors.filter(([, error]) => !(error < toleranceOf(name, kernel)))).toEqual([])
  })
})

/** WebGPU's language asks of sin and cos no more than an absolute error of 2⁻¹¹. Models do not use them. */
const toleranceOf = (engine: EngineName, kernel: string): number =>
  engine === 'onnx-webgpu' && (kernel === 'Sin' || kernel === 'Cos') ? 2 ** -10 : 1e-5

/** The values without and with gradients being computed, and the gradients of a weighted sum of them. */
async function evaluate(engine: Engine, op: Op, inputs: HostTensor[], by: number[]): Promise<NamedHostTensors> {
  const named = Object.fromEntries(inputs.map((input, i) => [`x${i}`, input]))
  const session = await engine.inference(
    {
      name: 'a kernel',
      inputs: named,
      run(_parameters, given) {
        const tensors = inputs.map((_, i) => given[`x${i}`]!)
        const values = [op(...tensors)].flat()
        const gradients = by.length === 0 ? [] : differentiate(op, tensors, by)
        return Object.fromEntries([
          ...values.map((value, i) => [`value ${i}`, value] as const),
          ...gradients.map((gradient, i) => [`gradient ${i}`, gradient] as const),
        ])
      },
    },
    {},
  )
  const results = await session.run(named)
  await session.dispose()
  return results
}

function differentiate(op: Op, tensors: tf.Tensor[], by: number[]): tf.Tensor[] {
  const total = (...varied: tf.Tensor[]): tf.Tensor => {
    const all = tensors.map((tensor, i) => (by.includes(i) ? varied[by.indexOf(i)]! : tensor))
    const weighted = [op(...all)].flat().map((value, i) => {
      const weights = noise(20 + i, ...value.shape)
      return value.mul(tf.tensor(weights.data.slice(), value.shape)).sum()
    })
    return tf.addN(weighted)
  }
  return tf.grads(total)(by.map((i) => tensors[i]!))
}
