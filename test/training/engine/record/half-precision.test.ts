import { describe, expect, it } from 'vitest'
import { encodeOnnx } from '#training/engine/record/graph/encode-onnx.ts'
import { executionOrder } from '#training/engine/record/graph/execution-order.ts'
import type { Value } from '#training/engine/record/graph/graph.ts'
import type { HalfPrecision } from '#training/engine/record/half-precision.ts'
import { record, type Recording } from '#training/engine/record/record.ts'
import { loadNative } from '#training/engine/run/onnx/native/runtime.ts'
import { onHost } from '#training/engine/run/onnx/runtime.ts'
import type { HostTensor } from '#training/tensor/host-tensor.ts'
import * as tf from '#training/tensor/tf.ts'

const real: HalfPrecision = { type: 'float16', isImitated: false }
const imitated: HalfPrecision = { type: 'float16', isImitated: true }
const coarse: HalfPrecision = { type: 'bfloat16', isImitated: true }

type Program = (recording: Recording) => Readonly<Record<string, tf.Tensor>>

/** Operators of a recording in the order of their execution, with the type of what they give. */
const operators = (values: Readonly<Record<string, Value>>): string[] =>
  executionOrder(Object.values(values)).map(({ operator, outputs }) => `${operator} ${outputs[0]?.type}`)

const matrix = ({ input }: Recording, name: string, shape: [number, number] = [2, 2]) =>
  input(name, { shape, type: 'float32' }) as tf.Tensor2D

const between: Program = (recording) => {
  const [x, w] = [matrix(recording, 'x'), matrix(recording, 'w')]
  const first = tf.matMul(x, w)
  return { y: tf.matMul(tf.softmax(first.mul(0.5).transpose()), w) }
}

const products: Program = (recording) => {
  const [x, w] = [matrix(recording, 'x'), matrix(recording, 'w')]
  const y = tf.matMul(x, w)
  return { y, z: tf.matMul(y, w) }
}

const shortAndLong: Program = (recording) => ({
  y: tf.matMul(matrix(recording, 'x', [2, 64]), matrix(recording, 'w', [64, 2])),
  z: tf.matMul(matrix(recording, 'a', [65, 2]), matrix(recording, 'b', [65, 2]), true, false),
})

const plusTenth: Program = (recording) => {
  const product = tf.matMul(matrix(recording, 'x'), matrix(recording, 'w'))
  return { y: tf.matMul(product.add(0.1), product) }
}

const onePlusErf: Program = (recording) => {
  const product = tf.matMul(matrix(recording, 'x'), matrix(recording, 'w'))
  return { y: tf.matMul(product.erf().add(1), product) }
}

const tensor = (numbers: number[]): HostTensor => ({
  shape: [2, 2],
  dtype: 'float32',
  data: Float32Array.from(numbers),
})

/** What the two products give on the processor. */
async function compute(x: number[], w: number[], half: HalfPrecision | undefined): Promise<number[][]> {
  const runtime = await loadNative()
  const session = await runtime.open(
    encodeOnnx('test', record('test', products, half === undefined ? {} : { half })).bytes,
    { device: { kind: 'cpu' }, threads: 1 },
  )
  const results = await session.run({ x: tensor(x), w: tensor(w) })
  await session.release()
  return ['y', 'z'].map((name) => [...onHost(results, name).data])
}

describe('a recording in half precision', () => {
  it('computes products in float16 and other operators in float32, and converts each value once', () => {
    expect(operators(record('test', between, { half: real }))).toEqual([
      'Cast float16',
      'Cast float16',
      'Gemm float16',
      'Transpose float16',
      'Mul float16',
      'Cast float32',
      'Softmax float32',
      'Cast float16',
      'Gemm float16',
      'Cast float32',
    ])
  })

  it('does not change values that no product uses, and returns float32', () => {
    const values = record(
      'test',
      (recording) => ({
        y: matrix(recording, 'x').add(1),
        z: tf
          .matMul(
            matrix(recording, 'x'),
            tf.tensor2d([
              [1, 2],
              [3, 4],
            ]),
          )
          .transpose(),
      }),
      { half: real },
    )
    expect(operators(values)).toEqual([
      'Add float32',
      'Cast float16',
      'Gemm float16',
      'Transpose float16',
      'Cast float32',
    ])
    expect(Object.values(values).map(({ type }) => type)).toEqual(['float32', 'float32'])
  })

  it('stores constants of products in float16', () => {
    const weight = Float32Array.from({ length: 64 * 64 }, (_, index) => index / 64)
    const program: Program = (recording) => ({
      y: tf.matMul(
        matrix(recording, 'x', [2, 64]),
        recording.constant(weight, { shape: [64, 64], type: 'float32' }) as tf.Tensor2D,
      ),
    })
    const [whole, half] = [
      encodeOnnx('test', record('test', program)).bytes.length,
      encodeOnnx('test', record('test', program, { half: real })).bytes.length,
    ]
    expect(whole - half).toBeGreaterThan(0.9 * 2 * weight.length)
  })

  it('keeps products with sums that are too long for the device in float32', () => {
    expect(operators(record('test', shortAndLong, { half: { ...real, longestSum: 64 } }))).toEqual([
      'Cast float16',
      'Cast float16',
      'Gemm float16',
      'Cast float32',
      'Gemm float32',
    ])
  })

  it('is the same in bfloat16, with a Softmax that the device sums in float32', () => {
    expect(
      operators(record('test', between, { half: { type: 'bfloat16', isImitated: false, hasExactSoftmax: true } })),
    ).toEqual([
      'Cast bfloat16',
      'Cast bfloat16',
      'Gemm bfloat16',
      'Transpose bfloat16',
      'Mul bfloat16',
      'Softmax bfloat16',
      'Gemm bfloat16',
      'Cast float32',
    ])
  })

  it('computes with a constant in float32 if the type would change it by more than 2^-11', () => {
    expect(operators(record('test', plusTenth, { half: { type: 'bfloat16', isImitated: false } }))).toContain(
      'Add float32',
    )
    expect(operators(record('test', plusTenth, { half: real }))).toContain('Add float16')
  })

  it('adds 1 to the error function before it rounds, because the sum is near 0', () => {
    for (const type of ['float16', 'bfloat16'] as const)
      expect(operators(record('test', onePlusErf, { half: { type, isImitated: false } }))).toEqual([
        `Cast ${type}`,
        `Cast ${type}`,
        `Gemm ${type}`,
        'Cast float32',
        'Erf float32',
        'Add float32',
        `Cast ${type}`,
        `Gemm ${type}`,
        'Cast float32',
      ])
  })

  it('is the unchanged recording in float32', () => {
    expect(operators(record('test', between))).toEqual([
      'Gemm float32',
      'Transpose float32',
      'Mul float32',
      'Softmax float32',
      'Gemm float32',
    ])
  })
})

describe('half precision imitated on the processor', () => {
  it('rounds operands and results of products', async () => {
    expect(await compute([1.0001, 3, 2049, 1e-9], [1, 0, 0, 1.0003], imitated)).toEqual([
      [1, 3, 2048, 0],
      [1, 3, 2048, 0],
    ])
  })

  it('rounds to bfloat16, ties to even, with the range of float32', async () => {
    expect(await compute([1 + 2 ** -8, 1 + 3 * 2 ** -8, 1e-30, 3e38], [1, 0, 0, 1], coarse)).toEqual(
      Array.from({ length: 2 }, () => [1, 1 + 2 ** -6, 9.98402083170343e-31, 3.00405527047391e38]),
    )
  })

  it('is infinite beyond the largest float16 number', async () => {
    expect((await compute([60000, 60000, 1, 1], [1, 0, 1, 1], imitated))[0]).toEqual([Infinity, 60000, 2, 1])
  })

  it('is needed because ONNX Runtime computes such products in float32 without rounding', async () => {
    expect((await compute([1.5, 2049, 60000, 60000], [1, 0, 1, 1], real))[0]).toEqual([2050.5, 2049, 120000, 60000])
  })
})
