import { executionOrder } from './execution-order.ts'
import { Graph, sameShape, sizeOf, type ConstantData, type GraphNode, type Value } from './graph.ts'

type Values = Readonly<Record<string, Value>>

/** Two primes that divide no other length of a model, so that lengths that differ between two recordings depend on the batch. */
const recordedBatches = [1009, 1013] as const

/**
 * A graph for any batch size. Two graphs are recorded with different sizes and merged: lengths that differ are computed from the first
 * input whose first axis is the batch.
 * @param record makes the graph for one batch size
 * @throws Error if the two graphs differ in more than lengths, for example because of a mean over the batch
 */
export function withDynamicBatch(record: (batch: number) => Values): Record<string, Value> {
  const [first, second] = [record(recordedBatches[0]), record(recordedBatches[1])]
  return new Merging(first, second).outputs(first, second)
}

class Merging {
  readonly #graph = new Graph()
  readonly #merged = new Map<Value, Value>()
  readonly #order: readonly (readonly [GraphNode, GraphNode])[]

  constructor(first: Values, second: Values) {
    const [nodes, others] = [executionOrder(Object.values(first)), executionOrder(Object.values(second))]
    this.#order = nodes.map((node, index) => [node, others[index] ?? differ(node.operator)])
    if (others.length !== nodes.length) differ('the number of operators')
  }

  outputs(first: Values, second: Values): Record<string, Value> {
    // Inputs first, because lengths are computed from the shape of one.
    for (const [node, other] of this.#order)
      node.inputs.forEach((input, index) => input?.source.kind === 'input' && this.#value(input, other.inputs[index]))
    for (const [node, other] of this.#order) this.#mergeNode(node, other)
    return Object.fromEntries(Object.entries(first).map(([name, value]) => [name, this.#value(value, second[name])]))
  }

  #mergeNode(node: GraphNode, other: GraphNode): void {
    if (
      node.operator !== other.operator ||
      JSON.stringify(node.attributes) !== JSON.stringify(other.attributes) ||
      node.inputs.length !== other.inputs.length
    )
      differ(node.operator)
    const inputs = node.inputs.map((input, index) =>
      input === undefined ? undefined : this.#input(node, index, input, other.inputs[index]),
    )
    const outputs = node.outputs.map((output, index) => ({
      shape: mergedShape(output.shape, other.outputs[index]?.shape ?? []),
      type: output.type,
    }))
    this.#graph.nodes(node.operator, inputs, outputs, node.attributes).forEach((value, index) => {
      const output = node.outputs[index]
      if (output !== undefined) this.#merged.set(output, value)
    })
  }

  /** ONNX infers one length of a target of Reshape; every other vector of lengths is computed. */
  #input(node: GraphNode, index: number, value: Value, other: Value | undefined): Value {
    const isTarget = node.operator === 'Reshape' && index === 1
    const lengths = isTarget && other !== undefined ? mergedShape(integersOf(value), integersOf(other)) : []
    return lengths.filter((length) => length === -1).length === 1
      ? this.#graph.integers(lengths)
      : this.#value(value, other)
  }

  #value(value: Value, other: Value | undefined): Value {
    const known = this.#merged.get(value)
    if (known !== undefined) return known
    const made = this.#leaf(value, other ?? differ('the inputs of an operator'))
    this.#merged.set(value, made)
    return made
  }

  #leaf(value: Value, other: Value): Value {
    const { source, shape, type } = value
    if (source.kind === 'input') return this.#graph.input(source.name, { shape: mergedShape(shape, other.shape), type })
    if (source.kind === 'splat' && other.source.kind === 'splat' && source.number === other.source.number) {
      if (sameShape(shape, other.shape)) return this.#graph.splat(source.number, { shape, type })
      const scalar = this.#graph.splat(source.number, { shape: [], type })
      return this.#graph.node('Expand', [scalar, this.#lengths(shape, other.shape)], {
        shape: mergedShape(shape, other.shape),
        type,
      })
    }
    if (source.kind === 'constant' && other.source.kind === 'constant' && sameShape(shape, other.shape)) {
      if (sameData(source.data, other.source.data)) return this.#graph.constant(source.data, { shape, type })
    }
    return type === 'int64' ? this.#lengths(integersOf(value), integersOf(other)) : differ('a constant')
  }

  /** A vector of lengths; those that depend on the batch are multiples of it. */
  #lengths(first: readonly number[], second: readonly number[]): Value {
    const graph = this.#graph
    const elements = mergedShape(first, second).map((length, axis) => {
      if (length !== -1) return graph.integers([length])
      const factor = (first[axis] ?? 0) / recordedBatches[0]
      if (!Number.isInteger(factor) || factor !== (second[axis] ?? 0) / recordedBatches[1]) differ('a length')
      return factor === 1
        ? this.#batch()
        : graph.node('Mul', [this.#batch(), graph.integers([factor])], { shape: [1], type: 'int64' })
    })
    const [only] = elements
    return only !== undefined && elements.length === 1
      ? only
      : graph.node('Concat', elements, { shape: [elements.length], type: 'int64' }, { axis: { int: 0 } })
  }

  #batch(): Value {
    const input = [...this.#merged.values()].find(({ source, shape }) => source.kind === 'input' && shape[0] === -1)
    return this.#graph.node(
      'Shape',
      [input ?? differ('the inputs')],
      { shape: [1], type: 'int64' },
      { start: { int: 0 }, end: { int: 1 } },
    )
  }
}

/** The lengths of both shapes; -1 if they differ. */
function mergedShape(first: readonly number[], second: readonly number[]): number[] {
  if (first.length !== second.length) differ('the number of axes')
  return first.map((length, axis) => (length === second[axis] ? length : -1))
}

/** The numbers of a constant int64 vector; empty for other values. */
function integersOf({ source, shape, type }: Value): number[] {
  if (type !== 'int64') return []
  if (source.kind === 'splat') return Array.from({ length: sizeOf(shape) }, () => source.number)
  return source.kind === 'constant' ? Array.from(source.data, Number) : []
}

const sameData = (a: ConstantData, b: ConstantData): boolean =>
  a === b || (a.length === b.length && a.every((number, index) => Object.is(number, b[index])))

function differ(what: string): never {
  throw new Error(`The graph depends on the batch in more than its shapes: ${what} differs between two batch sizes.`)
}
