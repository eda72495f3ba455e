import type { GraphNode, Value } from './graph.ts'

/** The nodes that `outputs` need, each after those whose results it uses (depth first, without recursion). */
export function executionOrder(outputs: Iterable<Value>): GraphNode[] {
  const order: GraphNode[] = []
  const visited = new Set<GraphNode>()
  for (const output of outputs) {
    const stack = nodeOf(output)
    while (stack.length > 0) {
      const node = stack.at(-1)
      if (node === undefined) break
      const pending = visited.has(node) ? [] : node.inputs.flatMap(nodeOf).filter((input) => !visited.has(input))
      if (pending.length > 0) {
        stack.push(...pending)
        continue
      }
      stack.pop()
      if (visited.has(node)) continue
      visited.add(node)
      order.push(node)
    }
  }
  return order
}

function nodeOf(value: Value | undefined): GraphNode[] {
  return value?.source.kind === 'node' ? [value.source.node] : []
}
