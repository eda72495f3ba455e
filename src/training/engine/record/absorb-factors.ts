import { splitFactor } from './arithmetic.ts'
import { executionOrder } from './graph/execution-order.ts'
import { madeBy, type Graph, type GraphNode, type Value } from './graph/graph.ts'
import { reshape } from './reshape.ts'

type Values = Readonly<Record<string, Value>>

/** Moves a constant factor of a matrix product that is used only once into its `alpha` (and `beta`). */
export function absorbFactors(graph: Graph, outputs: Values): Record<string, Value> {
  const order = executionOrder(Object.values(outputs))
  const uses = countUses(order, outputs)
  const replacement = new Map<Value, Value>()
  const current = (value: Value): Value => replacement.get(value) ?? value
  for (const node of order) {
    const [result] = node.outputs
    if (result === undefined) continue
    const scaled = scaledProduct(graph, result, uses, current)
    if (scaled !== undefined) replacement.set(result, scaled)
    else if (node.inputs.some((input) => input !== undefined && replacement.has(input))) {
      const inputs = node.inputs.map((input) => (input === undefined ? undefined : current(input)))
      const rebuilt = graph.nodes(node.operator, inputs, node.outputs, node.attributes)
      node.outputs.forEach((output, i) => replacement.set(output, rebuilt[i] ?? output))
    }
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, current(value)]))
}

function scaledProduct(
  graph: Graph,
  result: Value,
  uses: ReadonlyMap<Value, number>,
  current: (value: Value) => Value,
): Value | undefined {
  const [value, factor] = splitFactor(result)
  if (factor === 1) return undefined
  const isOnlyUse = (x: Value): boolean => uses.get(x) === 1
  const source = isOnlyUse(value) ? (madeBy(value, 'Reshape')?.inputs[0] ?? value) : value
  const product = madeBy(source, 'Gemm') ?? madeBy(source, 'com.microsoft.FusedMatMul')
  if (product === undefined || !isOnlyUse(source)) return undefined
  const inputs = product.inputs.map((input) => (input === undefined ? undefined : current(input)))
  return reshape(graph, graph.node(product.operator, inputs, source, scaledAttributes(product, factor)), value.shape)
}

function scaledAttributes({ attributes, inputs }: GraphNode, factor: number): GraphNode['attributes'] {
  const times = (name: string) => {
    const attribute = attributes[name]
    return { float: Math.fround(factor * (attribute !== undefined && 'float' in attribute ? attribute.float : 1)) }
  }
  return { ...attributes, alpha: times('alpha'), ...(inputs.length > 2 ? { beta: times('beta') } : {}) }
}

function countUses(order: readonly GraphNode[], outputs: Values): ReadonlyMap<Value, number> {
  const uses = new Map<Value, number>()
  const used = [...order.flatMap((node) => node.inputs), ...Object.values(outputs)]
  for (const value of used) if (value !== undefined) uses.set(value, (uses.get(value) ?? 0) + 1)
  return uses
}
