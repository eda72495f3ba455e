import { executionOrder } from './graph/execution-order.ts'
import { halfBits, roundToHalf } from './graph/float16.ts'
import { constantNumber, Graph, type GraphNode, type Value } from './graph/graph.ts'

/** How matrix products are computed in half precision. */
export interface HalfPrecision {
  /**
   * Rounds numbers to float16 and computes in float32, which gives the results of a graphics card and saves nothing. ONNX Runtime's CPU
   * provider has hardly any float16 operators: it computes them in float32, without rounding in between.
   */
  readonly isImitated: boolean
  /** Longest sum of a product in float16; longer ones stay in float32. For devices that accumulate in 16 bits. No limit by default. */
  readonly longestSum?: number
}

type Values = Readonly<Record<string, Value>>

const products: ReadonlySet<string> = new Set([
  'Gemm',
  'MatMul',
  'com.microsoft.FusedMatMul',
  'com.microsoft.MultiHeadAttention',
])

/** Operators that do not change numbers. */
const carriers: ReadonlySet<string> = new Set([
  'Reshape',
  'Transpose',
  'Split',
  'Slice',
  'Gather',
  'GatherND',
  'Expand',
  'Concat',
  'Identity',
])

/** Operators that are float16 if all their operands come from products; operands of both types give float32. */
const arithmetic: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Div'])

/** Operators that are computed in float32 with a float16 result, because the gradient keeps it. */
const rounded: ReadonlySet<string> = new Set(['Softmax', 'Erf', 'Exp'])

/** Smallest normal and largest float16 numbers. Constants between them keep their precision. */
const [smallestNormal, largest] = [2 ** -14, 65504]

/**
 * The same graph with matrix products in float16, as in automatic mixed precision (Micikevicius et al., Mixed Precision Training, 2018).
 * Operands and results of products are float16, and so are operators between two products that only move, add or multiply such results: GELU,
 * and attention except for the sums of its softmax. Everything else is float32: normalizations, sums, losses, the residual stream, and all
 * inputs and outputs of the graph. A value is converted once for all products that use it. Constants that only products use are stored in float16.
 */
export function inHalfPrecision(outputs: Values, half: HalfPrecision): Record<string, Value> {
  const rewriting = new Rewriting(half)
  const wanted = new Set(Object.values(outputs))
  for (const node of executionOrder(wanted)) {
    rewriting.add(node)
    // Now, because a conversion at the end would keep both versions until then.
    for (const value of node.outputs) if (wanted.has(value)) rewriting.whole(value)
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, rewriting.whole(value)]))
}

class Rewriting {
  readonly #half: HalfPrecision
  readonly #graph = new Graph()
  /** Values in their original type. */
  readonly #whole = new Map<Value, Value>()
  /** Values in half precision. */
  readonly #halved = new Map<Value, Value>()
  /** Results of products, and values computed only from such results. */
  readonly #fromProducts = new Set<Value>()

  constructor(half: HalfPrecision) {
    this.#half = half
  }

  add(node: GraphNode): void {
    if (this.#isHalfProduct(node)) this.#rebuildHalved(node, { rounds: true })
    else if (carriers.has(node.operator) && this.#comesFromProducts(node)) this.#rebuildHalved(node, { rounds: false })
    else if (this.#isHalfArithmetic(node)) this.#rebuildHalved(node, { rounds: true })
    else if (rounded.has(node.operator) && this.#comesFromProducts(node)) this.#rebuildRounded(node)
    else {
      const inputs = node.inputs.map((input) => (input === undefined ? undefined : this.whole(input)))
      this.#rebuild(node, inputs).forEach((value, index) => this.#note(this.#whole, node.outputs[index], value))
    }
  }

  /** A value in its original type. */
  whole(value: Value): Value {
    return this.#whole.get(value) ?? this.#note(this.#whole, value, this.#leaf(value) ?? this.#widened(value))
  }

  #rebuildHalved(node: GraphNode, { rounds }: { rounds: boolean }): void {
    const inputs = node.inputs.map((input) =>
      input?.type === 'float32' ? this.#halve(input) : input === undefined ? undefined : this.whole(input),
    )
    const { isImitated } = this.#half
    this.#rebuild(node, inputs, isImitated ? 'float32' : 'float16').forEach((value, index) =>
      this.#noteHalved(node.outputs[index], rounds && isImitated ? this.#rounded(value) : value),
    )
  }

  #rebuildRounded(node: GraphNode): void {
    const inputs = node.inputs.map((input) => (input === undefined ? undefined : this.whole(input)))
    this.#rebuild(node, inputs).forEach((value, index) => this.#noteHalved(node.outputs[index], this.#rounded(value)))
  }

  #rebuild(
    { operator, attributes, outputs }: GraphNode,
    inputs: readonly (Value | undefined)[],
    type?: 'float32' | 'float16',
  ): readonly Value[] {
    return this.#graph.nodes(
      operator,
      inputs,
      outputs.map((output) => ({ shape: output.shape, type: type ?? output.type })),
      attributes,
    )
  }

  #halve(value: Value): Value {
    return (
      this.#halved.get(value) ??
      this.#note(this.#halved, value, this.#halfConstant(value) ?? this.#rounded(this.whole(value)))
    )
  }

  #halfConstant({ source, shape }: Value): Value | undefined {
    const { isImitated } = this.#half
    if (source.kind === 'splat')
      return this.#graph.splat(roundToHalf([source.number])[0] ?? 0, {
        shape,
        type: isImitated ? 'float32' : 'float16',
      })
    if (source.kind !== 'constant' || !(source.data instanceof Float32Array)) return undefined
    return isImitated
      ? this.#graph.constant(roundToHalf(source.data), { shape, type: 'float32' })
      : this.#graph.constant(halfBits(source.data), { shape, type: 'float16' })
  }

  #rounded(value: Value): Value {
    const half = this.#cast(value, 'float16')
    return this.#half.isImitated ? this.#cast(half, 'float32') : half
  }

  #widened(value: Value): Value {
    const half = this.#halved.get(value)
    if (half === undefined) throw new Error('A value is used before it is computed.')
    return this.#half.isImitated ? half : this.#cast(half, 'float32')
  }

  #cast(value: Value, type: 'float32' | 'float16'): Value {
    return this.#graph.node('Cast', [value], { shape: value.shape, type }, { to: { int: type === 'float16' ? 10 : 1 } })
  }

  #leaf({ source, shape, type }: Value): Value | undefined {
    if (source.kind === 'input') return this.#graph.input(source.name, { shape, type })
    if (source.kind === 'constant') return this.#graph.constant(source.data, { shape, type })
    return source.kind === 'splat' ? this.#graph.splat(source.number, { shape, type }) : undefined
  }

  #noteHalved(before: Value | undefined, value: Value): void {
    this.#note(this.#halved, before, value)
    if (before !== undefined) this.#fromProducts.add(before)
  }

  #note(map: Map<Value, Value>, before: Value | undefined, value: Value): Value {
    if (before !== undefined) map.set(before, value)
    return value
  }

  #isHalfProduct(node: GraphNode): boolean {
    const { longestSum = Infinity } = this.#half
    return products.has(node.operator) && termsOf(node) <= longestSum
  }

  /** Whether all floating-point operands come from products in half precision. */
  #comesFromProducts({ inputs }: GraphNode): boolean {
    const numbers = inputs.filter((input) => input?.type === 'float32')
    return numbers.length > 0 && numbers.every((input) => input !== undefined && this.#fromProducts.has(input))
  }

  #isHalfArithmetic({ operator, inputs }: GraphNode): boolean {
    const known = inputs.filter((input) => input !== undefined)
    return (
      arithmetic.has(operator) &&
      known.some((input) => this.#fromProducts.has(input)) &&
      known.every((input) => this.#fromProducts.has(input) || isExactEnough(constantNumber(input)))
    )
  }
}

const isExactEnough = (constant: number | undefined): boolean =>
  constant !== undefined && Math.abs(constant) >= smallestNormal && Math.abs(constant) <= largest

/** Length of the longest sum of a product. */
function termsOf({ operator, inputs: [a, b], attributes }: GraphNode): number {
  if (operator === 'com.microsoft.MultiHeadAttention') return Math.max(b?.shape.at(1) ?? 0, a?.shape.at(2) ?? 0)
  const transposed = attributes['transA']
  return a?.shape.at(transposed !== undefined && 'int' in transposed && transposed.int === 1 ? -2 : -1) ?? 0
}
