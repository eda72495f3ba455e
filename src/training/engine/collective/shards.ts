import { StudioError } from '#contract/api/errors.ts'
import type { HostTensor, NamedHostTensors, NamedSpecs, TensorSpec } from '../../tensor/host-tensor.ts'
import { sizeOf } from '../record/graph/graph.ts'

const axisOf = ({ batchAxis = 0 }: TensorSpec): number => batchAxis

/** Among how many of `members` a program's batch is shared out evenly: the most that divide the batch of all its inputs. */
export function shardCount(specs: NamedSpecs, members: number): number {
  const sizes = Object.values(specs).map((spec) => spec.shape[axisOf(spec)] ?? 1)
  for (let count = members; count > 1; count--)
    if (sizes.length > 0 && sizes.every((size) => size % count === 0)) return count
  return 1
}

/** What a program declares of its inputs, for one of `count` equal parts of the batch. */
export function shardSpecs(specs: NamedSpecs, count: number): NamedSpecs {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [
      name,
      { ...spec, shape: spec.shape.map((length, axis) => (axis === axisOf(spec) ? length / count : length)) },
    ]),
  )
}

/** Memory that all threads see. */
export const sharedFloats = (length: number): Float32Array => new Float32Array(new SharedArrayBuffer(4 * length))

/** A tensor in memory that all threads see. */
export function sharedTensor({ shape, dtype }: TensorSpec): HostTensor {
  const memory = new SharedArrayBuffer(4 * sizeOf(shape))
  return { shape, dtype, data: dtype === 'float32' ? new Float32Array(memory) : new Int32Array(memory) }
}

export const toShared = (tensors: NamedHostTensors): NamedHostTensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, copyInto(sharedTensor(tensor), tensor)]))

function copyInto(target: HostTensor, { data }: HostTensor): HostTensor {
  target.data.set(data)
  return target
}

/** Cuts batches into one part for each member, in memory of its own that all threads see. */
export class Shards {
  readonly #specs: NamedSpecs
  readonly #parts: readonly NamedHostTensors[]

  /** @param specs of the whole batch, which `count` divides. */
  constructor(specs: NamedSpecs, count: number) {
    this.#specs = specs
    this.#parts = Array.from({ length: count }, () =>
      Object.fromEntries(Object.entries(shardSpecs(specs, count)).map(([name, spec]) => [name, sharedTensor(spec)])),
    )
  }

  /** The parts of a batch, valid until the next is cut: sample after sample, so that the first member has the first ones. */
  cut(inputs: NamedHostTensors): readonly NamedHostTensors[] {
    for (const [name, spec] of Object.entries(this.#specs)) {
      const input = inputs[name]
      if (input === undefined)
        throw new StudioError(
          'internal',
          `The input '${name}' is missing.`,
          'This is a defect of the studio. Please report it with the log.',
        )
      const run = sizeOf(spec.shape.slice(axisOf(spec))) / this.#parts.length
      this.#parts.forEach((part, index) => {
        const { data } = part[name] as HostTensor
        for (let row = 0; row * run < data.length; row++)
          data.set(
            input.data.subarray((row * this.#parts.length + index) * run, (row * this.#parts.length + index + 1) * run),
            row * run,
          )
      })
    }
    return this.#parts
  }
}
