import type { ConstantData } from '../../engine/record/graph/graph.ts'

/** A node of TensorFlow's GraphDef, as TF.js reads it. */
export interface TfNode {
  readonly name: string
  readonly op: string
  readonly input: readonly string[]
  readonly attr: Readonly<Record<string, TfAttribute>>
}

export type TfAttribute =
  | { readonly b: boolean }
  | { readonly i: string }
  | { readonly type: TfType }
  | { readonly shape: TfShape }
  | { readonly tensor: { readonly dtype: TfType; readonly tensorShape: TfShape } }
export type TfType = 'DT_FLOAT' | 'DT_INT32'
/** A length of -1 is known only at run time. */
export interface TfShape {
  readonly dim: readonly { readonly size: string }[]
}

/** A constant of the graph; its bytes are in the model's weight files. */
export interface TfWeight {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: 'float32' | 'int32'
  readonly data: Float32Array | Int32Array
}

export const tfShape = (shape: readonly number[]): TfShape => ({
  dim: shape.map((length) => ({ size: String(length) })),
})

const tfTypes = { float32: 'DT_FLOAT', int32: 'DT_INT32' } as const

/** A TensorFlow graph under construction. Methods return the name under which other nodes find the result. */
export class TfGraph {
  readonly nodes: TfNode[] = []
  readonly weights: TfWeight[] = []
  readonly #small = new Map<string, string>()
  readonly #names = new Set<string>()

  node(op: string, input: readonly string[], attr: TfNode['attr'] = {}, name = `${op}_${this.nodes.length}`): string {
    this.#take(name)
    this.nodes.push({ name, op, input, attr })
    return name
  }

  placeholder(name: string, shape: readonly number[]): string {
    return this.node('Placeholder', [], { dtype: { type: 'DT_FLOAT' }, shape: { shape: tfShape(shape) } }, name)
  }

  floats(data: Float32Array, shape: readonly number[], name = `Const_${this.nodes.length}`): string {
    return this.#constant({ name, shape, dtype: 'float32', data })
  }

  scalar(number: number): string {
    return this.#shared(`float ${number}`, { shape: [], dtype: 'float32', data: Float32Array.of(number) })
  }

  /** A vector of lengths or axes; a number alone is a scalar. */
  integers(numbers: number | readonly number[]): string {
    const list = typeof numbers === 'number' ? [numbers] : numbers
    return this.#shared(`int ${JSON.stringify(numbers)}`, {
      shape: typeof numbers === 'number' ? [] : [list.length],
      dtype: 'int32',
      data: Int32Array.from(list),
    })
  }

  #shared(key: string, weight: Omit<TfWeight, 'name'>): string {
    const known = this.#small.get(key) ?? this.#constant({ name: `Const_${this.nodes.length}`, ...weight })
    this.#small.set(key, known)
    return known
  }

  #constant(weight: TfWeight): string {
    const dtype = tfTypes[weight.dtype]
    this.node(
      'Const',
      [],
      { dtype: { type: dtype }, value: { tensor: { dtype, tensorShape: tfShape(weight.shape) } } },
      weight.name,
    )
    this.weights.push(weight)
    return weight.name
  }

  #take(name: string): void {
    if (this.#names.has(name)) throw new Error(`Two nodes of the graph are named ${name}.`)
    this.#names.add(name)
  }
}

/** The elements of a floating-point constant. */
export function floatsOf(data: ConstantData): Float32Array {
  if (data instanceof Float32Array) return data
  throw new Error('A constant of this graph does not hold floats.')
}
