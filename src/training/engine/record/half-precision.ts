import { executionOrder } from './graph/execution-order.ts'
import { halfBits, roundToHalf } from './graph/float16.ts'
import { constantNumber, Graph, type GraphNode, type Value } from './graph/graph.ts'

/** How products are computed in half precision. */
export interface HalfPrecision {
  /**
   * Whether numbers are only rounded to half precision and computed with in 32 bits, which gives what a graphics card gives and saves nothing. ONNX Runtime's
   * CPU provider has hardly a 16-bit operator: it computes those in 32 bits without any rounding between them.
   */
  readonly isImitated: boolean
  /** Most numbers that are added up in a product; longer ones stay in float32. For devices that add in 16 bits. No limit where left out. */
  readonly longestSum?: number
}

type Values = Readonly<Record<string, Value>>

const products: ReadonlySet<string> = new Set([
  'Gemm',
  'MatMul',
  'com.microsoft.FusedMatMul',
  'com.microsoft.MultiHeadAttention',
])

/** Operators that hand numbers on as they are. */
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

/** Operators that are float16 where all their operands come from products, as numbers of both types give float32. */
const arithmetic: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Div'])

/** Operators that are computed in float32 and whose result is handed on in float16, because the gradient keeps it. */
const rounded: ReadonlySet<string> = new Set(['Softmax', 'Erf', 'Exp'])

/** Smallest normal and largest half-precision numbers: constants between them keep their digits. */
const [smallestNormal, largest] = [2 ** -14, 65504]

/**
 * The same graph with products of matrices in float16, as automatic mixed precision has it (Micikevicius et al., Mixed Precision Training, 2018):
 * operands and results of products are float16, and so is what is moved, added or multiplied of such results alone on the way to the next product:
 * GELU, and attention but for the sums of its softmax. All else is float32: normalizations, sums, losses, tokens that blocks add to, and all inputs and
 * outputs of the graph. A value is converted once, however many products take it. Constants that only products take are held in float16.
 */
export function inHalfPrecision(outputs: Values, half: HalfPrecision): Record<string, Value> {
  const rewriting = new Rewriting(half)
  const wanted = new Set(Object.values(outputs))
  for (const node of executionOrder(wanted)) {
    rewriting.add(node)
    // At once, because a conversion at the end would keep both until then.
    for (const value of node.outputs) if (wanted.has(value)) rewriting.whole(value)
  }
  return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, rewriting.whole(value)]))
}

class Rewriting {
  readonly #half: HalfPrecision
  readonly #graph = new Graph()
  /** Values as they were, and those that are float32 in that type. */
  readonly #whole = new Map<Value, Value>()
  /** Values in half precision. */
  readonly #halved = new Map<Value, Value>()
  /** Values that products gave, or that come of such values alone. */
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

  /** A value in float32, or as it was where it is of another type. */
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
    if (half === undefined) throw new Error('A value is used before it is made.')
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

/** How many numbers a product adds up for each of its results, at most. */
function termsOf({ operator, inputs: [a, b], attributes }: GraphNode): number {
  if (operator === 'com.microsoft.MultiHeadAttention') return Math.max(b?.shape.at(1) ?? 0, a?.shape.at(2) ?? 0)
  const transposed = attributes['transA']
  return a?.shape.at(transposed !== undefined && 'int' in transposed && transposed.int === 1 ? -2 : -1) ?? 0
}
