import { constantData } from '../../engine/record/graph/encode-onnx.ts'
import { executionOrder } from '../../engine/record/graph/execution-order.ts'
import type { GraphNode, Value } from '../../engine/record/graph/graph.ts'
import type { PortableGraph } from '../portable-graph.ts'
import { constantIntegers, operators } from './operators.ts'
import { floatsOf, TfGraph } from './tf-graph.ts'

/** Writes a recorded model as a TensorFlow graph: inputs are placeholders, outputs identities, both with unchanged names. */
export function lowerToTensorFlow(graph: PortableGraph): TfGraph {
  return new Lowering(graph).tf
}

class Lowering {
  readonly tf = new TfGraph()
  readonly #graph: PortableGraph
  readonly #refs = new Map<Value, string>()

  constructor(graph: PortableGraph) {
    this.#graph = graph
    for (const node of executionOrder(Object.values(graph.outputs))) this.#emit(node)
    for (const [name, value] of Object.entries(graph.outputs)) this.tf.node('Identity', [this.#ref(value)], {}, name)
  }

  #emit(node: GraphNode): void {
    const operator = operators[node.operator]
    if (operator === undefined) throw new Error(`The operator ${node.operator} cannot be exported to TensorFlow.`)
    const results = [
      operator({
        tf: this.tf,
        node,
        ref: (index) => this.#ref(node.inputs[index]),
        integers: (index) => constantIntegers(node.inputs[index]),
        transposed: (index) => this.#transposed(node.inputs[index]),
      }),
    ].flat()
    node.outputs.forEach((output, index) => {
      const ref = results[index]
      if (ref !== undefined) this.#refs.set(output, ref)
    })
  }

  #ref(value: Value | undefined): string {
    const known = value === undefined ? undefined : this.#refs.get(value)
    if (known !== undefined) return known
    const ref = this.#leaf(value)
    if (value !== undefined) this.#refs.set(value, ref)
    return ref
  }

  #leaf(value: Value | undefined): string {
    if (value?.source.kind === 'input') return this.tf.placeholder(value.source.name, value.shape)
    if (value === undefined || value.source.kind === 'node')
      throw new Error('An operator needs a value that nothing computes.')
    if (value.type === 'int64') return this.tf.integers(constantIntegers(value) ?? [])
    return this.tf.floats(floatsOf(constantData(value)), value.shape, this.#graph.nameOf(value))
  }

  /** A constant matrix [R, C] as [C, R]. */
  #transposed(value: Value | undefined): string | undefined {
    if (value?.source.kind !== 'constant' || value.shape.length !== 2) return undefined
    const data = floatsOf(value.source.data)
    const [rows = 0, columns = 0] = value.shape
    const exchanged = new Float32Array(data.length)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        exchanged[column * rows + row] = data[row * columns + column] ?? 0
    return this.tf.floats(exchanged, [columns, rows], this.#graph.nameOf(value))
  }
}
