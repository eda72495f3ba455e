import { type Refuse, shown } from '../invalid-file.ts'
import type { TensorEntry } from '../tensor-file.ts'
import { kindOf, type PickleValue } from './pickle/values.ts'
import { StoredTensor } from './tensors.ts'

/** Keys under which training scripts save the weights, the most common first: MAE, VideoMAE and MVD; DeepSpeed; PyTorch's examples. */
export const modelKeys = ['model', 'module', 'state_dict'] as const
export type ModelKey = (typeof modelKeys)[number]

export interface PyTorchEntry extends TensorEntry {
  readonly tensor: StoredTensor
}

/** The weights of a file and its other values. */
export interface Contents {
  /** Key under which the weights were found; null if the whole file is the weights. */
  readonly modelKey: ModelKey | null
  readonly entries: readonly PyTorchEntry[]
  /** By their path in the file, such as `optimizer`, `epoch`, `args`. */
  readonly beside: ReadonlyMap<string, PickleValue>
}

/** Takes the weights from the first of `modelKeys` that contains tensors, otherwise from the whole file. */
export function contentsOf(tree: PickleValue, refuse: Refuse): Contents {
  if (!(tree instanceof Map)) throw refuse(`holds ${kindOf(tree)} instead of a table of named tensors`)
  for (const modelKey of modelKeys) {
    const table = tree.get(modelKey)
    if (!(table instanceof Map)) continue
    const model = new Collector(refuse)
    model.visit(table, [modelKey])
    if (model.entries.size === 0) continue
    const siblings = [...tree]
      .filter(([key]) => key !== modelKey)
      .map(([key, value]) => [nameOf(key, refuse), value] as const)
    return { modelKey, entries: [...model.entries.values()], beside: new Map([...model.beside, ...siblings]) }
  }
  const whole = new Collector(refuse)
  whole.visit(tree, [])
  if (whole.entries.size === 0) throw refuse('holds no tensors')
  return { modelKey: null, entries: [...whole.entries.values()], beside: new Map(whole.beside) }
}

const maxDepth = 16
const maxVisits = 1_000_000
const maxKeyLength = 1000

/** Gathers the tensors of nested tables, each named by its path below the root, and all other values. */
class Collector {
  readonly entries = new Map<string, PyTorchEntry>()
  /** A table that contains no tensor counts as one value. */
  readonly beside: [string, PickleValue][] = []
  readonly #refuse: Refuse
  #visits = 0

  constructor(refuse: Refuse) {
    this.#refuse = refuse
  }

  /** `path` starts at the root of the file; its first `start` keys are above the weights. */
  visit(value: PickleValue, path: readonly string[], start = path.length): void {
    this.#visits += 1
    if (this.#visits > maxVisits) throw this.#refuse(`holds more than ${maxVisits} values, tables in tables included`)
    if (value instanceof StoredTensor) return this.#add(path.slice(start).join('.'), value)
    if (!(value instanceof Map || Array.isArray(value))) return void this.beside.push([path.join('.'), value])
    if (path.length > maxDepth)
      throw this.#refuse(`nests its tables more than ${maxDepth} deep at ${shown(path.join('.'))}`)
    const [entriesBefore, besideBefore] = [this.entries.size, this.beside.length]
    for (const [key, child] of value.entries()) this.visit(child, [...path, nameOf(key, this.#refuse)], start)
    if (this.entries.size === entriesBefore) this.beside.splice(besideBefore, Infinity, [path.join('.'), value])
  }

  #add(name: string, tensor: StoredTensor): void {
    if (this.entries.has(name)) throw this.#refuse(`holds two tensors named ${shown(name)}`)
    const { dtype, shape, sizeBytes } = tensor
    this.entries.set(name, { name, dtype, shape, sizeBytes, tensor })
  }
}

function nameOf(key: PickleValue, refuse: Refuse): string {
  if (typeof key === 'object' && key !== null) throw refuse(`has a key that is ${kindOf(key)} instead of a string`)
  const name = String(key)
  if (name.length > maxKeyLength) throw refuse(`has a key of ${name.length} characters`)
  return name
}
