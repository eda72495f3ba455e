import { executionOrder } from './execution-order.ts'
import { sizeOf, type GraphNode, type Value } from './graph.ts'

/**
 * Floating-point operations of the matrix products that `outputs` need: 2 · rows · columns · inner for each product. Element-wise operators
 * are not counted: they are few, and there is no common way to count them.
 */
export function countFlops(outputs: Iterable<Value>): number {
  return executionOrder(outputs).reduce((sum, node) => sum + flopsOf(node), 0)
}

function flopsOf({ operator, inputs, attributes, outputs }: GraphNode): number {
  switch (operator) {
    case 'Gemm':
    case 'MatMul':
    case 'com.microsoft.FusedMatMul': {
      const isTransposed = 'transA' in attributes && isSet(attributes['transA'])
      return 2 * sizeOf(outputs[0]?.shape ?? []) * lengthOf(inputs[0], isTransposed ? -2 : -1)
    }
    case 'com.microsoft.MultiHeadAttention': {
      // q · kᵀ and weights · v for each pair of tokens.
      const [query, key, value] = inputs
      const pairs = lengthOf(query, 0) * lengthOf(query, 1) * lengthOf(key, 1)
      return 2 * pairs * (lengthOf(key, 2) + lengthOf(value, 2))
    }
    default:
      return 0
  }
}

const isSet = (attribute: GraphNode['attributes'][string] | undefined): boolean =>
  attribute !== undefined && 'int' in attribute && attribute.int === 1

const lengthOf = (value: Value | undefined, axis: number): number => value?.shape.at(axis) ?? 0
