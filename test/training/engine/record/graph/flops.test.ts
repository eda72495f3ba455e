import { describe, expect, test } from 'vitest'
import { attention, linear } from '#training/engine/ops/index.ts'
import { countFlops } from '#training/engine/record/graph/flops.ts'
import { type Attribute, Graph, type Value } from '#training/engine/record/graph/graph.ts'
import { record, type Recording } from '#training/engine/record/record.ts'
import * as tf from '#training/tensor/tf.ts'

/** A graph of one operator on inputs of the given shapes. */
function operator(
  name: string,
  shapes: readonly (readonly number[])[],
  output: readonly number[],
  attributes: Record<string, Attribute> = {},
): Value {
  const graph = new Graph()
  const inputs = shapes.map((shape, index) => graph.input(`x${index}`, { shape, type: 'float32' }))
  return graph.node(name, inputs, { shape: output, type: 'float32' }, attributes)
}

const transposed = (transA: number, transB: number) => ({ transA: { int: transA }, transB: { int: transB } })

describe('a product of [rows, inner] and [inner, columns] is 2 · rows · inner · columns', () => {
  test.each([
    [
      'Gemm',
      [
        [3, 5],
        [5, 7],
      ],
      [3, 7],
      transposed(0, 0),
      2 * 3 * 5 * 7,
    ],
    ['Gemm, with a bias', [[3, 5], [5, 7], [7]], [3, 7], transposed(0, 0), 2 * 3 * 5 * 7],
    [
      'Gemm, left side transposed',
      [
        [5, 3],
        [5, 7],
      ],
      [3, 7],
      transposed(1, 0),
      2 * 3 * 5 * 7,
    ],
    [
      'Gemm, right side transposed',
      [
        [3, 5],
        [7, 5],
      ],
      [3, 7],
      transposed(0, 1),
      2 * 3 * 5 * 7,
    ],
    [
      'Gemm, both transposed',
      [
        [5, 3],
        [7, 5],
      ],
      [3, 7],
      transposed(1, 1),
      2 * 3 * 5 * 7,
    ],
    [
      'MatMul, in a batch',
      [
        [4, 3, 5],
        [4, 5, 7],
      ],
      [4, 3, 7],
      {},
      4 * 2 * 3 * 5 * 7,
    ],
    [
      'com.microsoft.FusedMatMul, by heads',
      [
        [2, 4, 5, 3],
        [2, 4, 5, 7],
      ],
      [2, 4, 3, 7],
      transposed(1, 0),
      2 * 4 * 2 * 3 * 5 * 7,
    ],
    [
      'com.microsoft.FusedMatMul, one matrix for a whole batch',
      [
        [2, 3, 5],
        [5, 7],
      ],
      [2, 3, 7],
      transposed(0, 0),
      2 * 2 * 3 * 5 * 7,
    ],
    [
      'com.microsoft.MultiHeadAttention, scores and sums',
      [
        [2, 6, 8],
        [2, 9, 8],
        [2, 9, 4],
      ],
      [2, 6, 4],
      {},
      2 * (2 * 6 * 9 * 8 + 2 * 6 * 9 * 4),
    ],
    ['Softmax, which is no product', [[3, 5]], [3, 5], {}, 0],
  ] as const)('%s', (title, shapes, output, attributes, flops) => {
    expect(countFlops([operator(title.split(',')[0]!, shapes, output, attributes)])).toBe(flops)
  })
})

const inputs = (recording: Recording, shapes: Record<string, readonly number[]>): Record<string, tf.Tensor> =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, recording.input(name, { shape, type: 'float32' })]),
  )

test('what two outputs share counts once, and what no output needs not at all', () => {
  const graph = new Graph()
  const [a, b] = [
    graph.input('a', { shape: [3, 5], type: 'float32' }),
    graph.input('b', { shape: [5, 3], type: 'float32' }),
  ]
  const product = graph.node('MatMul', [a, b], { shape: [3, 3], type: 'float32' })
  const square = graph.node('MatMul', [product, product], { shape: [3, 3], type: 'float32' })
  graph.node('MatMul', [square, square], { shape: [3, 3], type: 'float32' })
  expect(countFlops([product, square])).toBe(2 * 3 * 5 * 3 + 2 * 3 * 3 * 3)
})

test('attention counts the same whether it is one operator or several', () => {
  const [batch, tokens, width, heads] = [2, 6, 16, 4]
  const shape = [batch, tokens, 3 * width]
  const count = (isPortable: boolean) =>
    countFlops(
      Object.values(
        record(
          'attention',
          (recording) => ({ y: attention(recording.input('qkv', { shape, type: 'float32' }), heads) }),
          { isPortable },
        ),
      ),
    )
  expect([count(false), count(true)]).toEqual([
    4 * batch * tokens * tokens * width,
    4 * batch * tokens * tokens * width,
  ])
})

test('a linear layer costs as much again for each gradient', () => {
  const [rows, inner, columns] = [6, 5, 7]
  const flops = (wanted: readonly string[]): number =>
    countFlops(
      Object.values(
        record('linear', (recording) => {
          const { x, w, b } = inputs(recording, { x: [rows, inner], w: [columns, inner], b: [columns] })
          const given: Record<string, tf.Tensor> = { x: x!, w: w! }
          const { value, grads } = tf.engine().gradients(
            () => linear(x!, w!, b).square().sum().asScalar(),
            wanted.map((name) => given[name]!),
          )
          return { value, ...Object.fromEntries(grads.map((gradient, index) => [`g${index}`, gradient])) }
        }),
      ),
    )
  const product = 2 * rows * inner * columns
  expect([flops(['w']), flops(['w', 'x'])]).toEqual([2 * product, 3 * product])
})
