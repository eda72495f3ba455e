import { type ElementType, type GraphNode, sizeOf, type Value } from '../engine/record/graph/graph.ts'

/**
 * What fused attention holds: `matrices`: copies of its inputs with heads in front, and a weight per query and key; `sums`: one number per
 * query and head.
 */
export type AttentionMemory = 'matrices' | 'sums'

/** Operators whose result shares the memory of their first input. */
const views: ReadonlySet<string> = new Set(['Reshape', 'Identity'])

/** Operators that may write their result over an input that is not needed any more. */
const elementwise: ReadonlySet<string> = new Set([
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Neg',
  'Exp',
  'Log',
  'Sqrt',
  'Reciprocal',
  'Erf',
  'Abs',
  'Pow',
  'Sum',
  'Softmax',
])

const elementBytes: Readonly<Record<ElementType, number>> = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int32: 4,
  int64: 8,
  bool: 1,
}
const bytesOf = ({ shape, type }: Value): number => sizeOf(shape) * elementBytes[type]

/**
 * Peak bytes of intermediate results if nodes are executed in this order and each result is released after its last use. Inputs,
 * constants and `outputs` are not counted, because they have their own memory.
 */
export function livePeakBytes(
  order: readonly GraphNode[],
  outputs: Iterable<Value>,
  attention: AttentionMemory = 'matrices',
): number {
  const memoryOf = memories(order, new Set(outputs))
  const lastUse = new Map<Value, number>()
  order.forEach(({ inputs, outputs }, index) => {
    for (const value of [...inputs, ...outputs]) {
      const memory = value === undefined ? undefined : memoryOf.get(value)
      if (memory !== undefined) lastUse.set(memory, index)
    }
  })
  const live = new Map<Value, number>()
  let [now, peak] = [0, 0]
  const free = (memory: Value): void => {
    now -= live.get(memory) ?? 0
    live.delete(memory)
  }
  order.forEach((node, index) => {
    const used = new Set(
      [...node.inputs, ...node.outputs].flatMap((value) => (value === undefined ? [] : (memoryOf.get(value) ?? []))),
    )
    const ending = [...used].filter((memory) => lastUse.get(memory) === index)
    for (const output of node.outputs) {
      if (memoryOf.get(output) !== output) continue
      const replaced = elementwise.has(node.operator)
        ? ending.find((memory) => live.get(memory) === bytesOf(output))
        : undefined
      if (replaced !== undefined) free(replaced)
      live.set(output, bytesOf(output))
      now += bytesOf(output)
    }
    peak = Math.max(peak, now + ownBytes(node, attention))
    ending.forEach(free)
  })
  return peak
}

/** Working memory of an operator: that of attention. */
function ownBytes({ operator, inputs, attributes }: GraphNode, attention: AttentionMemory): number {
  if (operator !== 'com.microsoft.MultiHeadAttention') return 0
  const [query, key] = inputs
  const [batch = 1, queries = 1] = query?.shape ?? []
  const { num_heads: heads } = attributes
  const rows = batch * (heads !== undefined && 'int' in heads ? heads.int : 1) * queries
  if (attention === 'sums') return 4 * rows
  const weights = rows * (key?.shape[1] ?? 1)
  return inputs.reduce((sum, input) => sum + (input === undefined ? 0 : bytesOf(input)), 4 * weights)
}

/** The value whose memory each intermediate result uses: its own, or that of the value it is a view of. */
function memories(order: readonly GraphNode[], outputs: ReadonlySet<Value>): ReadonlyMap<Value, Value> {
  const memories = new Map<Value, Value>()
  for (const { operator, inputs, outputs: results } of order) {
    const viewed = views.has(operator) && inputs[0] !== undefined ? memories.get(inputs[0]) : undefined
    for (const result of results) if (!outputs.has(result)) memories.set(result, viewed ?? result)
  }
  return memories
}
