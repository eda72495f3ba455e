import { kindOf, PickledFields, PickleObject, type PickleValue } from './pickle/values.ts'
import { StoredTensor } from './tensors.ts'

const maxDepth = 8
const maxItems = 10_000
const omitted = '…'

/**
 * A value of a file as JSON can hold it, for reports: tables by text keys, tensors and other objects by their kind.
 * What is nested deeper than eight tables, or comes after the first 10,000 values, is left out with a `…`.
 */
export function plainValue(value: PickleValue): unknown {
  let items = 0
  const visit = (value: PickleValue, depth: number): unknown => {
    items += 1
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
    if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
    if (typeof value === 'bigint') return String(value)
    if (value instanceof StoredTensor) return `tensor ${value.dtype} [${value.shape.join(', ')}]`
    if (value instanceof Uint8Array) return `${value.byteLength} bytes`
    if (depth === maxDepth) return omitted
    if (value instanceof PickledFields) return table(value.fields, depth)
    if (value instanceof PickleObject) return value.className
    if (value instanceof Map) return table(value, depth)
    return list(value, depth)
  }
  const table = (entries: ReadonlyMap<PickleValue, PickleValue>, depth: number): unknown => {
    const plain: [string, unknown][] = []
    for (const [key, child] of entries) {
      if (items >= maxItems) return Object.fromEntries([...plain, [omitted, omitted]])
      plain.push([typeof key === 'object' && key !== null ? kindOf(key) : String(key), visit(child, depth + 1)])
    }
    return Object.fromEntries(plain)
  }
  const list = (children: Iterable<PickleValue>, depth: number): unknown => {
    const plain: unknown[] = []
    for (const child of children) {
      if (items >= maxItems) return [...plain, omitted]
      plain.push(visit(child, depth + 1))
    }
    return plain
  }
  return visit(value, 0)
}

/** How many tensors lie in a value, each counted once, and their bytes. */
export function tensorsIn(root: PickleValue): { tensors: number; sizeBytes: number } {
  const seen = new Set<PickleValue>()
  const waiting = [root]
  let [tensors, sizeBytes] = [0, 0]
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (value === null || typeof value !== 'object' || seen.has(value)) continue
    seen.add(value)
    if (value instanceof StoredTensor) {
      tensors += 1
      sizeBytes += value.sizeBytes
    } else if (value instanceof Map) for (const child of value.values()) waiting.push(child)
    else if (value instanceof PickledFields) for (const child of value.fields.values()) waiting.push(child)
    else if (Array.isArray(value) || value instanceof Set) for (const child of value) waiting.push(child)
  }
  return { tensors, sizeBytes }
}
