import { kernelMemory, type KernelMemory } from '../../optimizer/adamw-kernel/kernel.ts'
import type { HostTensor, NamedHostTensors } from '../../tensor/host-tensor.ts'
import type { TrainingState } from '../program/engine.ts'
import { sizeOf } from '../record/graph/graph.ts'
import { names, roles, type Role } from '../run/onnx/graph-names.ts'
import { view, type Layout } from '../run/onnx/memory-layout.ts'
import type { GradientBuffers } from '../run/onnx/state-store.ts'

/** Memory of a training state: one vector per role, and one for the gradients of each rank. */
export interface Regions extends Readonly<Record<Role, Float32Array>> {
  readonly gradients: readonly [Float32Array, ...Float32Array[]]
}

/** What another thread needs to find the regions. */
export interface SharedRegions {
  readonly memory: KernelMemory
  /** Numbers in a region. */
  readonly length: number
  readonly ranks: number
}

export function regionsOf({ memory, length, ranks }: SharedRegions): Regions {
  const region = (index: number): Float32Array => new Float32Array(memory.buffer, 4 * length * index, length)
  return {
    parameters: region(0),
    firstMoments: region(1),
    secondMoments: region(2),
    gradients: [region(3), ...Array.from({ length: ranks - 1 }, (_, index) => region(4 + index))],
  }
}

/** Parameters, moments and the gradients of every rank, each held once, in shared memory that the optimizer's kernel updates. */
export class HostMemory {
  readonly shared: SharedRegions
  readonly layout: Layout
  readonly #regions: Regions

  constructor(layout: Layout, state: TrainingState, ranks: number) {
    this.shared = { memory: kernelMemory(4 * layout.length * (roles.length + ranks)), length: layout.length, ranks }
    this.layout = layout
    this.#regions = regionsOf(this.shared)
    for (const [role] of roles)
      for (const name of layout.slots.keys()) view(this.#regions[role], layout, name).set(state[role][name]?.data ?? [])
  }

  /** All trained parameters, by their names in a graph. */
  parameters(): NamedHostTensors {
    return this.#tensors(this.#regions.parameters, names.parameter)
  }

  /** The gradients of each rank: as inputs of its graph, and as the outputs that overwrite them. */
  gradients(): readonly (GradientBuffers & { readonly feeds: NamedHostTensors })[] {
    return this.#regions.gradients.map((region) => ({
      feeds: this.#tensors(region, names.gradient),
      outputs: this.#tensors(region, (name) => names.next(names.gradient(name))),
    }))
  }

  clearGradients(): void {
    for (const region of this.#regions.gradients) region.fill(0)
  }

  /** The trained state, not copied. */
  read(): Record<Role, NamedHostTensors> {
    const read = (role: Role): NamedHostTensors => this.#tensors(this.#regions[role], (name) => name)
    return { parameters: read('parameters'), firstMoments: read('firstMoments'), secondMoments: read('secondMoments') }
  }

  #tensors(region: Float32Array, nameOf: (name: string) => string): NamedHostTensors {
    const { slots } = this.layout
    return Object.fromEntries(
      [...slots].map(([name, { offset, shape }]): [string, HostTensor] => [
        nameOf(name),
        { shape, dtype: 'float32', data: region.subarray(offset, offset + sizeOf(shape)) },
      ]),
    )
  }
}
