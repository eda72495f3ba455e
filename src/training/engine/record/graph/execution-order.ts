import type { GraphNode, Value } from './graph.ts'

/**
 * The nodes that `outputs` need, in the order of recording. Each node comes after those that it uses, and the two gradients of a product are
 * adjacent, so that their operands are not kept for long.
 */
export function executionOrder(outputs: Iterable<Value>): GraphNode[] {
  const needed = new Set<GraphNode>()
  const stack = [...outputs].flatMap(nodeOf)
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (needed.has(node)) continue
    needed.add(node)
    stack.push(...node.inputs.flatMap(nodeOf))
  }
  return [...needed].toSorted((a, b) => recordedAt(a) - recordedAt(b))
}

const recordedAt = ({ outputs }: GraphNode): number => outputs[0]?.id ?? 0

function nodeOf(value: Value | undefined): GraphNode[] {
  return value?.source.kind === 'node' ? [value.source.node] : []
}
