import { sizeOf } from '../../record/graph/graph.ts'

interface Slot {
  readonly offset: number
  readonly shape: readonly number[]
}

/** Positions of trained tensors in one long Float32Array. Packed tensors come first, without gaps. */
export interface Layout {
  readonly slots: ReadonlyMap<string, Slot>
  readonly packedLength: number
  readonly length: number
}

/** Single tensors start at multiples of a cache line, in elements. */
const alignment = 16

export function layOut(
  packed: readonly string[],
  single: readonly string[],
  shapes: Readonly<Record<string, readonly number[]>>,
): Layout {
  const slots = new Map<string, Slot>()
  let length = 0
  const add = (name: string): void => {
    const shape = shapes[name]
    if (shape === undefined) throw new Error(`'${name}' has no shape.`)
    slots.set(name, { offset: length, shape })
    length += sizeOf(shape)
  }
  packed.forEach(add)
  const packedLength = length
  for (const name of single) {
    length = Math.ceil(length / alignment) * alignment
    add(name)
  }
  return { slots, packedLength, length }
}

/** The view of one tensor in `memory`. */
export function view(memory: Float32Array, layout: Layout, name: string): Float32Array {
  const slot = layout.slots.get(name)
  if (slot === undefined) throw new Error(`'${name}' is not in the layout.`)
  return memory.subarray(slot.offset, slot.offset + sizeOf(slot.shape))
}
