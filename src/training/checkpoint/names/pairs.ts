import type { HostTensor, NamedHostTensors } from '../../tensor/host-tensor.ts'

/** A tensor under its published name, and the tensors of another layout that, one below the other, make it up. */
export interface NamePair {
  readonly published: string
  readonly parts: readonly string[]
}

/** The pair of a tensor that another layout holds under one name. */
export const pair = (published: string, ...parts: readonly string[]): NamePair => ({ published, parts })

/** Weight and bias of a layer. */
export const layerPairs = (published: string, other: string): NamePair[] =>
  ['weight', 'bias'].map((kind) => pair(`${published}.${kind}`, `${other}.${kind}`))

/** Puts tensors of another layout under their published names; a published tensor without all of its parts is left out. */
export function toPublished(pairs: readonly NamePair[], tensors: NamedHostTensors): NamedHostTensors {
  return Object.fromEntries(
    pairs.flatMap(({ published, parts }): [string, HostTensor][] => {
      const found = parts.map((part) => tensors[part]).filter((tensor) => tensor !== undefined)
      return found.length === parts.length ? [[published, joinRows(found)]] : []
    }),
  )
}

/** Takes published tensors apart into those of another layout; what the layout has no name for is left out. */
export function fromPublished(pairs: readonly NamePair[], tensors: NamedHostTensors): NamedHostTensors {
  return Object.fromEntries(
    pairs.flatMap(({ published, parts }): [string, HostTensor][] => {
      const tensor = tensors[published]
      return tensor === undefined
        ? []
        : splitRows(tensor, parts.length).map((part, index): [string, HostTensor] => [parts[index] ?? '', part])
    }),
  )
}

/** Tensors that differ in their first axis at most, one below the other: [R1, ..], [R2, ..] -> [R1 + R2, ..]. */
export function joinRows(tensors: readonly HostTensor[]): HostTensor {
  const [first, ...others] = tensors
  if (first === undefined) throw new Error('There is nothing to join.')
  if (others.length === 0) return first
  const rows = tensors.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0)
  const data = new Float32Array(tensors.reduce((sum, tensor) => sum + tensor.data.length, 0))
  let offset = 0
  for (const tensor of tensors) {
    data.set(tensor.data, offset)
    offset += tensor.data.length
  }
  return { shape: [rows, ...first.shape.slice(1)], dtype: 'float32', data }
}

/** The shape of `joinRows`: [R1, ..], [R2, ..] -> [R1 + R2, ..]. */
export function joinedRowsShape(shapes: readonly (readonly number[])[]): readonly number[] {
  const [first = [], ...others] = shapes
  return others.length === 0 ? first : [shapes.reduce((rows, shape) => rows + (shape[0] ?? 0), 0), ...first.slice(1)]
}

function splitRows({ shape, dtype, data }: HostTensor, count: number): HostTensor[] {
  const size = data.length / count
  const part = [(shape[0] ?? 0) / count, ...shape.slice(1)]
  return count === 1
    ? [{ shape, dtype, data }]
    : Array.from({ length: count }, (_, index) => ({
        shape: part,
        dtype,
        data: data.slice(index * size, (index + 1) * size),
      }))
}
