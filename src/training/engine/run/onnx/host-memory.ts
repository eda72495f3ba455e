import { kernelMemory, type KernelMemory } from '../../../optimizer/adamw-kernel/kernel.ts'
import type { HostTensor, NamedHostTensors } from '../../../tensor/host-tensor.ts'
import type { TrainingState } from '../../program/engine.ts'
import { sizeOf } from '../../record/graph/graph.ts'
import { names } from './graph-names.ts'
import { view, type Layout } from './memory-layout.ts'
import { roles, type Role } from './roles.ts'

/** Memory of a training state: a vector for each role, and one for the gradients of each member. */
export interface Regions extends Readonly<Record<Role, Float32Array>> {
  readonly gradients: readonly Float32Array[]
}

/** What another thread needs to find the regions. */
export interface SharedRegions {
  readonly memory: KernelMemory
  /** Numbers in a region. */
  readonly length: number
  readonly members: number
}

export function regionsOf({ memory, length, members }: SharedRegions): Regions {
  const region = (index: number): Float32Array => new Float32Array(memory.buffer, 4 * length * index, length)
  return {
    parameters: region(0),
    firstMoments: region(1),
    secondMoments: region(2),
    gradients: Array.from({ length: members }, (_, member) => region(3 + member)),
  }
}

/** Parameters, moments and every member's gradients, each once, in memory that all threads see and the optimizer works on. */
export class HostMemory {
  readonly shared: SharedRegions
  readonly layout: Layout
  readonly #regions: Regions

  constructor(layout: Layout, state: TrainingState, members: number) {
    this.shared = { memory: kernelMemory(4 * layout.length * (roles.length + members)), length: layout.length, members }
    this.layout = layout
    this.#regions = regionsOf(this.shared)
    for (const [role] of roles)
      for (const name of layout.slots.keys()) view(this.#regions[role], layout, name).set(state[role][name]?.data ?? [])
  }

  /** All trained parameters, by their names in a graph. */
  parameters(): NamedHostTensors {
    return this.#tensors(this.#regions.parameters, names.parameter)
  }

  /** A member's gradients as inputs of a graph, and as the outputs that are written over them. */
  gradients(member: number): { readonly feeds: NamedHostTensors; readonly places: NamedHostTensors } {
    const memory = this.#gradientsOf(member)
    return {
      feeds: this.#tensors(memory, names.gradient),
      places: this.#tensors(memory, (name) => names.next(names.gradient(name))),
    }
  }

  clearGradients(): void {
    for (const memory of this.#regions.gradients) memory.fill(0)
  }

  /** The trained part of the state, where it lies. */
  read(): Record<Role, NamedHostTensors> {
    const read = (role: Role): NamedHostTensors => this.#tensors(this.#regions[role], (name) => name)
    return { parameters: read('parameters'), firstMoments: read('firstMoments'), secondMoments: read('secondMoments') }
  }

  #tensors(memory: Float32Array, nameOf: (name: string) => string): NamedHostTensors {
    const { slots } = this.layout
    return Object.fromEntries(
      [...slots].map(([name, { offset, shape }]): [string, HostTensor] => [
        nameOf(name),
        { shape, dtype: 'float32', data: memory.subarray(offset, offset + sizeOf(shape)) },
      ]),
    )
  }

  #gradientsOf(member: number): Float32Array {
    const memory = this.#regions.gradients[member]
    if (memory === undefined) throw new Error(`There is no member ${member}.`)
    return memory
  }
}
