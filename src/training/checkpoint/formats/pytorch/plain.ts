import type { Refuse } from '../invalid-file.ts'
import { kindOf, PickledFields, PickleObject, type PickleValue } from './pickle/values.ts'
import { StoredTensor } from './tensors.ts'

/** A value in a file other than its weights, for the report of an import. */
export interface BesideFact {
  /** Its path in the file: `optimizer`, `epoch`, `args`. */
  readonly name: string
  /** How many tensors it holds, and their bytes. */
  readonly tensors: number
  readonly sizeBytes: number
  /** As JSON; tensors are described by their shape. Long or deep values are cut with `…`. */
  readonly value: unknown
}

const maxVisits = 2_000_000

/** Describes each value separately. Shared contents are visited again for each value, so one limit covers all of them. */
export function describeBeside(beside: ReadonlyMap<string, PickleValue>, refuse: Refuse): BesideFact[] {
  const visits = new Allowance(maxVisits)
  const items = new Allowance(maxItems)
  return [...beside].map(([name, value]) => {
    const found = tensorsIn(value, visits)
    if (visits.isSpent) throw refuse('has values besides its weights that share too many contents to be described')
    return { name, ...found, value: toPlain(value, items, 0) }
  })
}

const maxDepth = 8
const maxItems = 50_000
const maxTextLength = 2_000
const omitted = '…'

class Allowance {
  #left: number

  constructor(left: number) {
    this.#left = left
  }

  spend(cost: number): void {
    this.#left -= cost
  }

  get isSpent(): boolean {
    return this.#left < 0
  }
}

function toPlain(value: PickleValue, items: Allowance, depth: number): unknown {
  items.spend(1)
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'string') return plainText(value, items)
  if (value instanceof StoredTensor) return `tensor ${value.dtype} [${value.shape.join(', ')}]`
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`
  if (value instanceof PickleObject && !(value instanceof PickledFields)) return value.className
  if (depth === maxDepth) return omitted
  return Array.isArray(value) || value instanceof Set
    ? plainList(value, items, depth)
    : plainTable(value instanceof Map ? value : value.fields, items, depth)
}

function plainList(values: Iterable<PickleValue>, items: Allowance, depth: number): unknown[] {
  const plain: unknown[] = []
  for (const value of values) {
    if (items.isSpent) return [...plain, omitted]
    plain.push(toPlain(value, items, depth + 1))
  }
  return plain
}

function plainTable(
  entries: ReadonlyMap<PickleValue, PickleValue>,
  items: Allowance,
  depth: number,
): Record<string, unknown> {
  const plain: [string, unknown][] = []
  for (const [key, value] of entries) {
    if (items.isSpent) return Object.fromEntries([...plain, [omitted, omitted]])
    plain.push([
      typeof key === 'object' && key !== null ? kindOf(key) : plainText(String(key), items),
      toPlain(value, items, depth + 1),
    ])
  }
  return Object.fromEntries(plain)
}

function plainText(text: string, items: Allowance): string {
  items.spend(Math.min(text.length, maxTextLength) / 64)
  return text.length > maxTextLength ? text.slice(0, maxTextLength) + omitted : text
}

/** Number of tensors in a value, each counted once, and their bytes. */
function tensorsIn(root: PickleValue, visits: Allowance): { tensors: number; sizeBytes: number } {
  const seen = new Set<PickleValue>()
  const waiting = [root]
  let [tensors, sizeBytes] = [0, 0]
  for (let value = waiting.pop(); value !== undefined && !visits.isSpent; value = waiting.pop()) {
    visits.spend(1)
    if (value === null || typeof value !== 'object' || seen.has(value)) continue
    seen.add(value)
    if (value instanceof StoredTensor) {
      tensors += 1
      sizeBytes += value.sizeBytes
    } else for (const child of childrenOf(value)) waiting.push(child)
  }
  return { tensors, sizeBytes }
}

function childrenOf(value: PickleValue): Iterable<PickleValue> {
  if (value instanceof PickledFields) return value.fields.values()
  if (value instanceof Map) return value.values()
  return Array.isArray(value) || value instanceof Set ? value : []
}
