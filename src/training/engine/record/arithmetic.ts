import { backend_util } from '../../tensor/tf.ts'
import { constantNumber, madeBy, sameShape, type ElementType, type Graph, type Value } from './graph/graph.ts'

/** Repeats a value along axes of length 1 (or missing in front) until it has `shape`. */
export function expand(graph: Graph, x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x
  if (x.source.kind === 'splat') return graph.splat(x.source.number, { shape, type: x.type })
  return graph.node('Expand', [x, graph.integers(shape)], { shape, type: x.type })
}

/**
 * An element-wise operator with broadcasting. Operands that were expanded are used as they were before, and operators on two constants are
 * computed here.
 */
export function binary(graph: Graph, operator: string, a: Value, b: Value, type: ElementType = a.type): Value {
  const shape = backend_util.assertAndGetBroadcastShape([...a.shape], [...b.shape])
  const [left, right] = [unexpanded(graph, a), unexpanded(graph, b)]
  const smallShape = backend_util.assertAndGetBroadcastShape([...left.shape], [...right.shape])
  const small =
    simplify(graph, operator, left, right, smallShape) ??
    factored(graph, operator, left, right, smallShape) ??
    graph.node(operator, [left, right], { shape: smallShape, type })
  return expand(graph, small, shape)
}

function unexpanded(graph: Graph, x: Value): Value {
  if (x.source.kind === 'splat') return graph.splat(x.source.number, { shape: [], type: x.type })
  return madeBy(x, 'Expand')?.inputs[0] ?? x
}

/**
 * Splits a value into a value and a constant factor. Factors are moved behind reshapes, transpositions, sums and products, until a matrix
 * product takes them over at no cost. A value that is computed anyway keeps its factor.
 */
export function withoutFactor(graph: Graph, x: Value): readonly [Value, number] {
  return graph.isUsedUnscaled(x) ? [x, 1] : splitFactor(x)
}

/** The value and the constant factor that a value was made from. */
export function splitFactor(x: Value): readonly [Value, number] {
  const [value, factor] = madeBy(x, 'Mul')?.inputs ?? []
  const number = factor === undefined ? undefined : constantNumber(factor)
  return value === undefined || number === undefined || factor?.shape.length !== 0 ? [x, 1] : [value, number]
}

export function withFactor(graph: Graph, x: Value, factor: number): Value {
  return factor === 1 ? x : graph.node('Mul', [x, graph.splat(Math.fround(factor), { shape: [], type: x.type })], x)
}

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Pow: (a, b) => a ** b,
}

const neutral: Readonly<Record<string, { left?: number; right: number }>> = {
  Add: { left: 0, right: 0 },
  Sub: { right: 0 },
  Mul: { left: 1, right: 1 },
  Div: { right: 1 },
  Pow: { right: 1 },
}

function simplify(graph: Graph, operator: string, a: Value, b: Value, shape: readonly number[]): Value | undefined {
  const [left, right] = [constantNumber(a), constantNumber(b)]
  const compute = arithmetic[operator]
  if (compute !== undefined && left !== undefined && right !== undefined && a.type === 'float32') {
    return graph.splat(Math.fround(compute(left, right)), { shape, type: a.type })
  }
  if (right !== undefined && right === neutral[operator]?.right) return expand(graph, a, shape)
  if (left !== undefined && left === neutral[operator]?.left) return expand(graph, b, shape)
  return undefined
}

/** Products and quotients with their constant factors combined. */
function factored(graph: Graph, operator: string, a: Value, b: Value, shape: readonly number[]): Value | undefined {
  if (a.type !== 'float32' || (operator !== 'Mul' && operator !== 'Div')) return undefined
  const [left, leftFactor] = withoutFactor(graph, a)
  const constant = constantNumber(b)
  if (constant !== undefined && constant !== 0 && b.shape.length === 0) {
    return withFactor(
      graph,
      expand(graph, left, shape),
      operator === 'Mul' ? leftFactor * constant : leftFactor / constant,
    )
  }
  if (operator === 'Div') return undefined
  if (constantNumber(a) !== undefined && a.shape.length === 0) return factored(graph, operator, b, a, shape)
  const [right, rightFactor] = withoutFactor(graph, b)
  if (leftFactor === 1 && rightFactor === 1) return undefined
  return withFactor(graph, binary(graph, 'Mul', left, right), leftFactor * rightFactor)
}
