import type { HostTensor, NamedHostTensors } from '../../tensor/host-tensor.ts'

/** The published name of a tensor, and the names of the tensors that another layout concatenates along rows to the same tensor. */
export interface NamePair {
  readonly published: string
  readonly parts: readonly string[]
}

/** A pair of names; several tensors of the file are concatenated. */
export const pair = (published: string, ...parts: readonly string[]): NamePair => ({ published, parts })

/** Weight and bias of a layer. */
export const layerPairs = (published: string, other: string): NamePair[] =>
  ['weight', 'bias'].map((kind) => pair(`${published}.${kind}`, `${other}.${kind}`))

/** Converts tensors to published names; a published tensor is omitted if any of its tensors is missing. */
export function toPublished(pairs: readonly NamePair[], tensors: NamedHostTensors): NamedHostTensors {
  return Object.fromEntries(
    pairs.flatMap(({ published, parts }): [string, HostTensor][] => {
      const found = parts.map((part) => tensors[part]).filter((tensor) => tensor !== undefined)
      return found.length === parts.length ? [[published, joinRows(found)]] : []
    }),
  )
}

/** Converts published tensors to another layout; tensors without a name there are omitted. */
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

/** Concatenates tensors along the first axis: [R1, ..], [R2, ..] -> [R1 + R2, ..]. */
export function joinRows(tensors: readonly HostTensor[]): HostTensor {
  const [first, ...others] = tensors
  if (first === undefined) throw new Error('There are no tensors to concatenate.')
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
