import { StudioError } from '#contract/api/errors.ts'
import type { HostTensor, NamedHostTensors, NamedSpecs, TensorSpec } from '../../tensor/host-tensor.ts'
import { sizeOf } from '../record/graph/graph.ts'
import { sharedTensor } from './shared-memory.ts'

const axisOf = ({ batchAxis = 0 }: TensorSpec): number => batchAxis

/** Number of shards of a program's batch: the most, up to `workers`, that divide the batch of all its inputs. */
export function shardCount(specs: NamedSpecs, workers: number): number {
  const sizes = Object.values(specs).map((spec) => spec.shape[axisOf(spec)] ?? 1)
  for (let count = workers; count > 1; count--)
    if (sizes.length > 0 && sizes.every((size) => size % count === 0)) return count
  return 1
}

/** The input specs of one of `count` equal shards. */
export function shardSpecs(specs: NamedSpecs, count: number): NamedSpecs {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [
      name,
      { ...spec, shape: spec.shape.map((length, axis) => (axis === axisOf(spec) ? length / count : length)) },
    ]),
  )
}

/** Splits batches into shards, in shared memory that is reused for each batch. A single shard is the batch itself, not copied. */
export class Shards {
  readonly #specs: NamedSpecs
  readonly #shards: readonly NamedHostTensors[]

  /** @param specs of the whole batch, which `count` divides */
  constructor(specs: NamedSpecs, count: number) {
    this.#specs = specs
    const shard = shardSpecs(specs, count)
    this.#shards =
      count === 1
        ? []
        : Array.from({ length: count }, () =>
            Object.fromEntries(Object.entries(shard).map(([name, spec]) => [name, sharedTensor(spec)])),
          )
  }

  /** The shards of a batch, valid until the next call. Samples keep their order: the first shard has the first ones. */
  split(inputs: NamedHostTensors): readonly NamedHostTensors[] {
    if (this.#shards.length === 0) return [inputs]
    for (const [name, spec] of Object.entries(this.#specs)) {
      const input = inputs[name]
      if (input === undefined)
        throw new StudioError(
          'internal',
          `The input '${name}' is missing.`,
          'This is a defect of the studio. Please report it with the log.',
        )
      const run = sizeOf(spec.shape.slice(axisOf(spec))) / this.#shards.length
      this.#shards.forEach((shard, index) => {
        const { data } = shard[name] as HostTensor
        for (let row = 0; row * run < data.length; row++) {
          const from = (row * this.#shards.length + index) * run
          data.set(input.data.subarray(from, from + run), row * run)
        }
      })
    }
    return this.#shards
  }
}
