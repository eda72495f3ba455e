import { fusedKernels } from '../../ops/fused-kernels.ts'
import { withFactor } from '../arithmetic.ts'
import { madeBy, type Graph, type Value } from '../graph/graph.ts'
import { kernel, type KernelTable } from '../kernel.ts'
import { reshape } from '../reshape.ts'
import { multiply } from './products.ts'
import { transpose } from './shape.ts'

/** (x − mean) / deviation over the last axis, and 1 / deviation. */
function layerNormalization(graph: Graph, x: Value, epsilon: number): readonly Value[] {
  const width = x.shape.at(-1) ?? 0
  const ones = graph.splat(1, { shape: [width], type: x.type })
  const statistics = { shape: x.shape.with(x.shape.length - 1, 1), type: x.type }
  const [value, , inverseDeviation] = graph.nodes('LayerNormalization', [x, ones], [x, statistics, statistics], {
    axis: { int: -1 },
    epsilon: { float: Math.fround(epsilon) },
  })
  if (value === undefined || inverseDeviation === undefined) throw new Error('LayerNormalization has three outputs.')
  return [value, inverseDeviation]
}

/** A normalization with scale or shift, if a vector is multiplied with or added to its result. */
export function affineLayerNormalization(
  graph: Graph,
  operator: 'Mul' | 'Add',
  normalized: Value,
  vector: Value,
): Value | undefined {
  const node = madeBy(normalized, 'LayerNormalization')
  const [x, scale, shift] = node?.inputs ?? []
  if (
    node === undefined ||
    normalized !== node.outputs[0] ||
    vector.shape.length !== 1 ||
    vector.shape[0] !== normalized.shape.at(-1)
  )
    return undefined
  if (shift !== undefined || (operator === 'Mul' && scale?.source.kind !== 'splat')) return undefined
  return graph.node(
    'LayerNormalization',
    operator === 'Mul' ? [x, vector] : [x, scale, vector],
    normalized,
    node.attributes,
  )
}

function multiHeadAttention(graph: Graph, query: Value, key: Value, value: Value, heads: number): Value {
  if (graph.isPortable) return attentionInSteps(graph, query, key, value, heads)
  return graph.node('com.microsoft.MultiHeadAttention', [query, key, value], query, { num_heads: { int: heads } })
}

function attentionInSteps(graph: Graph, query: Value, key: Value, value: Value, heads: number): Value {
  const [batch = 0, tokens = 0, width = 0] = query.shape
  const byHead = (x: Value): Value =>
    transpose(graph, reshape(graph, x, [batch, tokens, heads, width / heads]), [0, 2, 1, 3])
  const product = multiply(graph, byHead(query), byHead(key), { transposeA: false, transposeB: true })
  const scores = withFactor(graph, product, 1 / Math.sqrt(width / heads))
  const weights = graph.node('Softmax', [scores], scores, { axis: { int: -1 } })
  const attended = multiply(graph, weights, byHead(value), { transposeA: false, transposeB: false })
  return reshape(graph, transpose(graph, attended, [0, 2, 1, 3]), query.shape)
}

/** Kernels that tfjs does not have; see `ops/fused-kernels.ts`. */
export const fused: KernelTable = {
  [fusedKernels.gelu]: kernel<'x'>((graph, { x }) => graph.node('Gelu', [x], x)),
  [fusedKernels.layerNormalization]: kernel<'x', { epsilon: number }>((graph, { x }, { epsilon }) =>
    layerNormalization(graph, x, epsilon),
  ),
  [fusedKernels.multiHeadAttention]: kernel<'query' | 'key' | 'value', { heads: number }>(
    (graph, { query, key, value }, { heads }) => multiHeadAttention(graph, query, key, value, heads),
  ),
}
