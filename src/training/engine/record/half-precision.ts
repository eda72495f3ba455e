import { elementTypes } from './graph/encode-onnx.ts'
import { executionOrder } from './graph/execution-order.ts'
import { constantNumber, Graph, type GraphNode, type HalfType, madeBy, type Value } from './graph/graph.ts'
import { halfFormats, isExactEnough } from './graph/half-numbers.ts'

/** How a device computes in half precision. */
export interface HalfDevice {
  /**
   * Rounds numbers to half precision and computes in float32, which gives the results of a graphics card and saves nothing. ONNX Runtime's
   * CPU provider has hardly any operators in half precision: it computes them in float32, without rounding in between.
   */
  readonly isImitated: boolean
  /** Longest sum of a product in half precision; longer ones stay in float32. For devices that accumulate in 16 bits. No limit by default. */
  readonly longestSum?: number
  /** Whether its Softmax of half-precision numbers sums in float32, so that it needs no conversion. */
  readonly hasExactSoftmax?: boolean
}

/** How matrix products are computed in half precision. */
export interface HalfPrecision extends HalfDevice {
  readonly type: HalfType
}

/** Whether gradients need a loss scale: float16 has no numbers between 0 and 6e-8, bfloat16 has the range of float32. */
export const needsLossScale = (half: HalfPrecision | undefined): boolean => half?.type === 'float16'

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

/** Operators that are in half precision if all their operands come from products; operands of both types give float32. */
const arithmetic: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Div'])

/** Operators that are computed in float32 with a result in half precision, because the gradient keeps it. */
const rounded: ReadonlySet<string> = new Set(['Softmax', 'Erf', 'Exp'])

/**
 * The same graph with matrix products in half precision, as in automatic mixed precision (Micikevicius et al., Mixed Precision Training,
 * 2018). Operands and results of products are in half precision, and so are operators between two products that only move, add or multiply
 * such results: GELU, and attention except for the sums of its softmax. Everything else is float32: normalizations, sums, losses, the residual
 * stream, and all inputs and outputs of the graph. A value is converted once for all products that use it. Constants that only products use
 * are stored in half precision.
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
  /** Results in float32 of operators whose results are rounded. */
  readonly #unrounded = new Map<Value, Value>()
  /** Results of products, and values computed only from such results. */
  readonly #fromProducts = new Set<Value>()

  constructor(half: HalfPrecision) {
    this.#half = half
  }

  add(node: GraphNode): void {
    const unrounded = this.#sumWithUnrounded(node)
    if (this.#isHalfProduct(node)) this.#rebuildHalved(node, { rounds: true })
    else if (unrounded !== undefined) this.#rebuildRounded(node, unrounded)
    else if (this.#comesFromProducts(node) && this.#isComputedHalved(node))
      this.#rebuildHalved(node, { rounds: !carriers.has(node.operator) })
    else if (this.#comesFromProducts(node) && rounded.has(node.operator))
      this.#rebuildRounded(node, node.inputs.map(this.#wholeOrNone))
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
    const { isImitated, type } = this.#half
    this.#rebuild(node, inputs, isImitated ? 'float32' : type).forEach((value, index) =>
      this.#noteHalved(node.outputs[index], rounds && isImitated ? this.#rounded(value) : value),
    )
  }

  /** Computes in float32, with inputs of that type, and rounds the results. */
  #rebuildRounded(node: GraphNode, inputs: readonly (Value | undefined)[]): void {
    this.#rebuild(node, inputs).forEach((value, index) => {
      this.#note(this.#unrounded, node.outputs[index], value)
      this.#noteHalved(node.outputs[index], this.#rounded(value))
    })
  }

  readonly #wholeOrNone = (value: Value | undefined): Value | undefined =>
    value === undefined ? undefined : this.whole(value)

  /**
   * Inputs in float32 of a sum of a constant and a result that was rounded, such as the 1 + erf(u) of GELU: rounding before the sum as well
   * would lose the digits of a result near −1.
   */
  #sumWithUnrounded({ operator, inputs }: GraphNode): Value[] | undefined {
    if (operator !== 'Add' || !inputs.some((input) => input !== undefined && madeBy(input, 'Erf') !== undefined))
      return undefined
    const found = inputs.flatMap((input) =>
      input === undefined
        ? []
        : (this.#unrounded.get(input) ?? (constantNumber(input) === undefined ? [] : this.whole(input))),
    )
    return found.length === inputs.length ? found : undefined
  }

  #rebuild(
    { operator, attributes, outputs }: GraphNode,
    inputs: readonly (Value | undefined)[],
    type?: 'float32' | HalfType,
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
    const { isImitated, type } = this.#half
    const { round, bitsOf } = halfFormats[type]
    if (source.kind === 'splat')
      return this.#graph.splat(round([source.number])[0] ?? 0, { shape, type: isImitated ? 'float32' : type })
    if (source.kind !== 'constant' || !(source.data instanceof Float32Array)) return undefined
    return isImitated
      ? this.#graph.constant(round(source.data), { shape, type: 'float32' })
      : this.#graph.constant(bitsOf(source.data), { shape, type })
  }

  #rounded(value: Value): Value {
    const half = this.#cast(value, this.#half.type)
    return this.#half.isImitated ? this.#cast(half, 'float32') : half
  }

  #widened(value: Value): Value {
    const half = this.#halved.get(value)
    if (half === undefined) throw new Error('A value is used before it is computed.')
    return this.#half.isImitated ? half : this.#cast(half, 'float32')
  }

  #cast(value: Value, type: 'float32' | HalfType): Value {
    return this.#graph.node('Cast', [value], { shape: value.shape, type }, { to: { int: elementTypes[type] } })
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

  #isComputedHalved({ operator }: GraphNode): boolean {
    return (
      carriers.has(operator) ||
      arithmetic.has(operator) ||
      (operator === 'Softmax' && this.#half.hasExactSoftmax === true && !this.#half.isImitated)
    )
  }

  /** Whether floating-point operands come from products in half precision, or are constants that keep their precision in it. */
  #comesFromProducts({ inputs }: GraphNode): boolean {
    const numbers = inputs.filter((input) => input !== undefined).filter(({ type }) => type === 'float32')
    return (
      numbers.some((input) => this.#fromProducts.has(input)) &&
      numbers.every((input) => this.#fromProducts.has(input) || isExactEnough(constantNumber(input), this.#half.type))
    )
  }
}

/** Length of the longest sum of a product. */
function termsOf({ operator, inputs: [a, b], attributes }: GraphNode): number {
  if (operator === 'com.microsoft.MultiHeadAttention') return Math.max(b?.shape.at(1) ?? 0, a?.shape.at(2) ?? 0)
  const transposed = attributes['transA']
  return a?.shape.at(transposed !== undefined && 'int' in transposed && transposed.int === 1 ? -2 : -1) ?? 0
}
