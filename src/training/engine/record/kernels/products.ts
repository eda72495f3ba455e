import { StudioError } from '#contract/api/errors.ts'
import { broadcast_util } from '../../../tensor/tf.ts'
import type * as tf from '../../../tensor/tf.ts'
import { binary, withFactor, withoutFactor } from '../arithmetic.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { kernel, type KernelTable } from '../kernel.ts'
import { transpose } from './shape.ts'

interface Transposition {
  readonly transposeA: boolean
  readonly transposeB: boolean
}

/**
 * Matrix product: Gemm for two dimensions, ONNX Runtime's FusedMatMul for batches, with constant factors in `alpha`. A portable graph uses
 * MatMul with separate transpositions and factor instead of FusedMatMul.
 */
export function multiply(
  graph: Graph,
  left: Value,
  right: Value,
  { transposeA, transposeB }: Transposition,
  bias?: Value,
): Value {
  const [a, scaleA] = withoutFactor(graph, left)
  const [b, scaleB] = withoutFactor(graph, right)
  const alpha = { float: Math.fround(scaleA * scaleB) }
  const [rows, inner] = matrix(a, transposeA)
  const [innerB, columns] = matrix(b, transposeB)
  if (inner !== innerB) throw new Error(`The shapes [${a.shape}] and [${b.shape}] cannot be multiplied.`)
  const [transA, transB] = [{ int: Number(transposeA) }, { int: Number(transposeB) }]
  if (a.shape.length === 2 && b.shape.length === 2) {
    return graph.node(
      'Gemm',
      bias === undefined ? [a, b] : [a, b, bias],
      { shape: [rows, columns], type: a.type },
      { transA, transB, alpha },
    )
  }
  const batch = broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
  const output = { shape: [...batch, rows, columns], type: a.type }
  const product = graph.isPortable
    ? withFactor(
        graph,
        graph.node('MatMul', [transposeA ? swapLast(graph, a) : a, transposeB ? swapLast(graph, b) : b], output),
        scaleA * scaleB,
      )
    : graph.node('com.microsoft.FusedMatMul', [a, b], output, { transA, transB, alpha })
  return bias === undefined ? product : binary(graph, 'Add', product, bias)
}

function swapLast(graph: Graph, x: Value): Value {
  const axes = x.shape.map((_, axis) => axis)
  return transpose(graph, x, [...axes.slice(0, -2), ...axes.slice(-2).toReversed()])
}

/** Rows and columns of the (transposed) matrices. */
function matrix(x: Value, isTransposed: boolean): readonly [number, number] {
  const [rows, columns] = x.shape.slice(-2)
  if (rows === undefined || columns === undefined) throw new Error(`A product needs matrices, not [${x.shape}].`)
  return isTransposed ? [columns, rows] : [rows, columns]
}

function fused(graph: Graph, a: Value, b: Value, bias: Value | undefined, attributes: tf._FusedMatMulAttrs): Value {
  const product = multiply(graph, a, b, attributes, bias)
  if (attributes.activation === 'linear') return product
  if (attributes.activation === 'relu') return graph.node('Relu', [product], product)
  throw new StudioError(
    'engine-unavailable',
    `A compiled engine has no product fused with '${attributes.activation}'.`,
    'Apply the activation to the product instead.',
  )
}

/** Matrix products. */
export const products: KernelTable = {
  BatchMatMul: kernel<'a' | 'b', tf.BatchMatMulAttrs>((graph, { a, b }, attributes) =>
    multiply(graph, a, b, attributes),
  ),
  _FusedMatMul: kernel<'a' | 'b' | 'bias', tf._FusedMatMulAttrs>((graph, { a, b, bias }, attributes) =>
    fused(graph, a, b, bias, attributes),
  ),
}
