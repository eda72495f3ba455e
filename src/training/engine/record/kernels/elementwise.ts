import type * as tf from '../../../tensor/tf.ts'
import { binary } from '../arithmetic.ts'
import { elementTypes } from '../graph/encode-onnx.ts'
import { constantNumber, madeBy, type Graph, type Value } from '../graph/graph.ts'
import { kernel, type Kernel, type KernelTable } from '../kernel.ts'
import { elementType } from '../symbolic-backend.ts'
import { affineLayerNormalization } from './fused.ts'

const unary = (operator: string): Kernel => kernel<'x'>((graph, { x }) => graph.node(operator, [x], x))
const arithmetic = (operator: string): Kernel => kernel<'a' | 'b'>((graph, { a, b }) => binary(graph, operator, a, b))
const comparison = (operator: string): Kernel =>
  kernel<'a' | 'b'>((graph, { a, b }) => binary(graph, operator, a, b, 'bool'))

const scalar = (graph: Graph, number: number, like: Value): Value => graph.splat(number, { shape: [], type: like.type })

const square = (graph: Graph, x: Value): Value => graph.node('Mul', [x, x], x)

export function cast(graph: Graph, x: Value, dtype: tf.DataType): Value {
  const type = elementType(dtype)
  if (type === x.type) return x
  if (x.source.kind === 'splat') {
    const number =
      type === 'bool' ? Number(x.source.number !== 0) : type === 'int32' ? Math.trunc(x.source.number) : x.source.number
    return graph.splat(number, { shape: x.shape, type })
  }
  return graph.node('Cast', [x], { shape: x.shape, type }, { to: { int: elementTypes[type] } })
}

function power(graph: Graph, base: Value, exponent: Value): Value {
  return constantNumber(exponent) === 2 ? square(graph, base) : binary(graph, 'Pow', base, exponent)
}

/** A product and its bias in one operator, if a vector is added to the rows of a product. */
function productPlusBias(graph: Graph, product: Value, bias: Value): Value | undefined {
  const gemm = madeBy(product, 'Gemm')
  if (gemm === undefined || gemm.inputs.length > 2 || bias.shape.length !== 1 || bias.shape[0] !== product.shape[1])
    return undefined
  return graph.node('Gemm', [...gemm.inputs, bias], product, gemm.attributes)
}

function addAll(graph: Graph, [first, ...others]: readonly Value[]): Value {
  if (first === undefined) throw new Error('A sum needs at least one term.')
  return others.length === 0 ? first : graph.node('Sum', [first, ...others], first)
}

/** 1 if x > 0, else `alpha`. */
function step(graph: Graph, x: Value, alpha: number): Value {
  const isPositive = graph.node('Greater', [x, scalar(graph, 0, x)], { shape: x.shape, type: 'bool' })
  if (alpha === 0) return cast(graph, isPositive, 'float32')
  return graph.node('Where', [isPositive, scalar(graph, 1, x), scalar(graph, alpha, x)], x)
}

/** Kernels that work element by element. */
export const elementwise: KernelTable = {
  Abs: unary('Abs'),
  Ceil: unary('Ceil'),
  Cos: unary('Cos'),
  Erf: unary('Erf'),
  Exp: unary('Exp'),
  Floor: unary('Floor'),
  Log: unary('Log'),
  LogicalNot: unary('Not'),
  Neg: unary('Neg'),
  Reciprocal: unary('Reciprocal'),
  Relu: unary('Relu'),
  Round: unary('Round'),
  Sigmoid: unary('Sigmoid'),
  Sign: unary('Sign'),
  Sin: unary('Sin'),
  Sqrt: unary('Sqrt'),
  Tanh: unary('Tanh'),
  Rsqrt: kernel<'x'>((graph, { x }) => graph.node('Reciprocal', [graph.node('Sqrt', [x], x)], x)),
  Square: kernel<'x'>((graph, { x }) => square(graph, x)),
  Step: kernel<'x', tf.StepAttrs>((graph, { x }, { alpha }) => step(graph, x, alpha)),
  ClipByValue: kernel<'x', tf.ClipByValueAttrs>((graph, { x }, { clipValueMin, clipValueMax }) =>
    graph.node('Clip', [x, scalar(graph, clipValueMin, x), scalar(graph, clipValueMax, x)], x),
  ),
  Cast: kernel<'x', tf.CastAttrs>((graph, { x }, { dtype }) => cast(graph, x, dtype)),
  Identity: kernel<'x'>((_graph, { x }) => x),

  Add: kernel<'a' | 'b'>(
    (graph, { a, b }) =>
      productPlusBias(graph, a, b) ?? affineLayerNormalization(graph, 'Add', a, b) ?? binary(graph, 'Add', a, b),
  ),
  Sub: arithmetic('Sub'),
  Multiply: kernel<'a' | 'b'>(
    (graph, { a, b }) => affineLayerNormalization(graph, 'Mul', a, b) ?? binary(graph, 'Mul', a, b),
  ),
  RealDiv: arithmetic('Div'),
  Maximum: arithmetic('Max'),
  Minimum: arithmetic('Min'),
  Pow: kernel<'a' | 'b'>((graph, { a, b }) => power(graph, a, b)),
  SquaredDifference: kernel<'a' | 'b'>((graph, { a, b }) => square(graph, binary(graph, 'Sub', a, b))),
  AddN: kernel<string>((graph, inputs) => addAll(graph, Object.values(inputs))),

  Equal: comparison('Equal'),
  NotEqual: kernel<'a' | 'b'>((graph, { a, b }) => {
    const equal = binary(graph, 'Equal', a, b, 'bool')
    return graph.node('Not', [equal], equal)
  }),
  Greater: comparison('Greater'),
  GreaterEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessEqual: comparison('LessOrEqual'),
  LogicalAnd: comparison('And'),
  LogicalOr: comparison('Or'),
  Select: kernel<'condition' | 't' | 'e'>((graph, { condition, t, e }) => graph.node('Where', [condition, t, e], t)),
}
