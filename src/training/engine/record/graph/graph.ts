/** Element types of half precision. */
export type HalfType = 'float16' | 'bfloat16'

/** Element types of a recorded value. Int64 is for shapes and axes, half precision for graphs that were rewritten for it. */
export type ElementType = 'float32' | HalfType | 'int32' | 'int64' | 'bool'

export const isHalf = (type: ElementType): type is HalfType => type === 'float16' || type === 'bfloat16'

export type Attribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly string: string }

/** Elements of a constant. Those of half precision are stored as bits. */
export type ConstantData = Float32Array | Int32Array | Uint8Array | Uint16Array | BigInt64Array

/** Origin of a value. A splat is a constant whose elements are all equal. */
export type Source =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'constant'; readonly data: ConstantData }
  | { readonly kind: 'splat'; readonly number: number }
  | { readonly kind: 'node'; readonly node: GraphNode }

export interface Value {
  readonly id: number
  /** A length of -1 is known only at run time; see `withDynamicBatch`. */
  readonly shape: readonly number[]
  readonly type: ElementType
  readonly source: Source
}

export interface GraphNode {
  /** ONNX operator, or `com.microsoft.X` for one of ONNX Runtime. */
  readonly operator: string
  readonly inputs: readonly (Value | undefined)[]
  readonly attributes: Readonly<Record<string, Attribute>>
  readonly outputs: readonly Value[]
}

export interface Spec {
  readonly shape: readonly number[]
  readonly type: ElementType
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, dimension) => size * dimension, 1)

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((dimension, i) => dimension === b[i])

/** The number that all elements of a constant have, if they are known to be equal. */
export function constantNumber(value: Value): number | undefined {
  if (value.source.kind === 'splat') return value.source.number
  if (value.source.kind === 'constant' && value.source.data.length === 1) return Number(value.source.data[0])
  return undefined
}

/** The node that computes a value, if it is the given operator. */
export function madeBy(value: Value, operator: string): GraphNode | undefined {
  return value.source.kind === 'node' && value.source.node.operator === operator ? value.source.node : undefined
}

/** Operators that a constant factor of an operand can be moved behind. */
const factorMovers: ReadonlySet<string> = new Set([
  'Mul',
  'Div',
  'Reshape',
  'Transpose',
  'Expand',
  'ReduceSum',
  'ReduceMean',
  'Gemm',
  'MatMul',
  'com.microsoft.FusedMatMul',
])

export interface GraphOptions {
  /** Use operators of the ONNX standard only, so that any runtime can execute the graph. */
  readonly isPortable?: boolean
  /**
   * Training uses ONNX Runtime's fused attention, too, and the gradient recomputes attention matrices; see `recomputedAttention`. For devices
   * whose fused attention holds no matrix.
   */
  readonly recomputesAttention?: boolean
}

/**
 * A graph of pure operators under construction. The same operator on the same values gives the same value, and nodes that no output needs
 * are not written.
 */
export class Graph {
  readonly isPortable: boolean
  readonly recomputesAttention: boolean
  readonly #known = new Map<string, GraphNode>()
  readonly #constants = new Map<string, Value>()
  readonly #usedUnscaled = new Set<Value>()
  #count = 0

  constructor({ isPortable = false, recomputesAttention = false }: GraphOptions = {}) {
    this.isPortable = isPortable
    this.recomputesAttention = recomputesAttention
  }

  input(name: string, spec: Spec): Value {
    return this.#value(spec, { kind: 'input', name })
  }

  constant(data: ConstantData, spec: Spec): Value {
    if (data.length > 0 && !isHalf(spec.type) && data.every((element) => element === data[0]))
      return this.splat(Number(data[0]), spec)
    if (data.length > 16) return this.#value(spec, { kind: 'constant', data })
    return this.#shared(`${spec.type}[${spec.shape}]=${data}`, spec, { kind: 'constant', data })
  }

  splat(number: number, spec: Spec): Value {
    return this.#shared(`${spec.type}[${spec.shape}]:${Object.is(number, -0) ? '-0' : number}`, spec, {
      kind: 'splat',
      number,
    })
  }

  /** A vector of int64, as ONNX requires for shapes, axes and sizes. */
  integers(numbers: readonly number[]): Value {
    return this.constant(BigInt64Array.from(numbers, BigInt), { shape: [numbers.length], type: 'int64' })
  }

  node(
    operator: string,
    inputs: readonly (Value | undefined)[],
    output: Spec,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value {
    const [value] = this.nodes(operator, inputs, [output], attributes)
    if (value === undefined) throw new Error(`${operator} has no output.`)
    return value
  }

  /** An operator with several outputs. */
  nodes(
    operator: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly Spec[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): readonly Value[] {
    const key = `${operator} ${inputs.map((input) => input?.id)} ${JSON.stringify(attributes)} ${outputs.map((output) => output.type)}`
    const known = this.#known.get(key)
    if (known !== undefined) return known.outputs
    const made: Value[] = []
    const node: GraphNode = { operator, inputs, attributes, outputs: made }
    made.push(...outputs.map((output) => this.#value(output, { kind: 'node', node })))
    this.#known.set(key, node)
    if (!factorMovers.has(operator)) for (const input of inputs) if (input !== undefined) this.#usedUnscaled.add(input)
    return made
  }

  /** Whether a recorded operator needs this value with its constant factor, so that moving the factor out saves nothing. */
  isUsedUnscaled(value: Value): boolean {
    return this.#usedUnscaled.has(value)
  }

  #shared(key: string, spec: Spec, source: Source): Value {
    const known = this.#constants.get(key)
    if (known !== undefined) return known
    const value = this.#value(spec, source)
    this.#constants.set(key, value)
    return value
  }

  #value(spec: Spec, source: Source): Value {
    this.#count += 1
    return { id: this.#count, shape: [...spec.shape], type: spec.type, source }
  }
}
