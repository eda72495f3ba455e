import { withFactor, withoutFactor } from './arithmetic.ts'
import { madeBy, sameShape, type Graph, type Value } from './graph/graph.ts'

/** The same elements under another shape. */
export function reshape(graph: Graph, x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x
  const spec = { shape, type: x.type }
  if (x.source.kind === 'splat') return graph.splat(x.source.number, spec)
  if (x.source.kind === 'constant') return graph.constant(x.source.data, spec)
  const before = madeBy(x, 'Reshape')?.inputs[0]
  if (before !== undefined) return reshape(graph, before, shape)
  const [inner, factor] = withoutFactor(graph, x)
  if (factor !== 1) return withFactor(graph, reshape(graph, inner, shape), factor)
  return graph.node('Reshape', [x, graph.integers(shape)], spec)
}
