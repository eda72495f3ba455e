import type { HostTensor, NamedHostTensors, TrainingState } from '../engine.ts'
import { layOut, view, type Layout } from '../onnx/layout.ts'
import { names } from '../onnx/names.ts'
import { roles, type Role } from '../onnx/state-buffer.ts'
import type { Packing } from '../onnx/units.ts'
import { parallelNames } from './graphs.ts'
import { sharedFloats, toShared } from './shards.ts'

/** Inputs of a graph, and places for its outputs; an output may lie where an input does that no other operator reads. */
export interface Places {
  readonly feeds: NamedHostTensors
  readonly fetches: NamedHostTensors
}

/** Parameters, moments and every member's gradients, once, in memory that all members see. */
export class SharedState {
  readonly #layout: Layout
  readonly #units: Packing
  readonly #trained: Readonly<Record<Role, Float32Array>>
  /** What the optimizer never changes: frozen parameters, and those that the loss does not depend on. */
  readonly #constant: TrainingState
  readonly #constantFeeds: NamedHostTensors
  readonly #gradients: readonly Float32Array[]

  constructor(units: Packing, state: TrainingState, members: number) {
    const layout = layOut(units.packed, units.single, Object.fromEntries(Object.entries(state.parameters).map(([name, { shape }]) => [name, shape])))
    const constant = (tensors: NamedHostTensors): NamedHostTensors => Object.fromEntries(Object.entries(tensors).filter(([name]) => !layout.slots.has(name)))
    this.#layout = layout
    this.#units = units
    this.#trained = { parameters: sharedFloats(layout.length), firstMoments: sharedFloats(layout.length), secondMoments: sharedFloats(layout.length) }
    this.#constant = { parameters: constant(state.parameters), firstMoments: constant(state.firstMoments), secondMoments: constant(state.secondMoments) }
    this.#constantFeeds = toShared(renamed(this.#constant.parameters, names.parameter))
    this.#gradients = Array.from({ length: members }, () => sharedFloats(layout.length))
    for (const [role] of roles) for (const name of layout.slots.keys()) view(this.#trained[role], layout, name).set(state[role][name]?.data ?? [])
  }

  /** All parameters. */
  parameters(): NamedHostTensors {
    return { ...this.#constantFeeds, ...this.#perParameter(this.#trained.parameters, names.parameter) }
  }

  /** A member's gradients, which the next batch's are added to or take the places of. */
  gradients(member: number): Places {
    const memory = this.#gradientsOf(member)
    return { feeds: this.#perParameter(memory, names.gradient), fetches: this.#perParameter(memory, (name) => names.next(names.gradient(name))) }
  }

  clearGradients(): void {
    for (const memory of this.#gradients) memory.fill(0)
  }

  /** The gradients of all members, whose mean takes the places of the first one's. */
  mean(): Places {
    const feeds = this.#gradients.map((memory, member) => this.#perUnit(memory, (unit) => parallelNames.gradientOf(member, unit)))
    return { feeds: Object.assign({}, ...feeds), fetches: this.#perUnit(this.#gradientsOf(0), (unit) => names.next(names.gradient(unit))) }
  }

  /** Parameters and moments, whose next ones take their places, and the mean gradients. */
  update(): Places {
    const feeds = roles.map(([role, nameOf]) => this.#perUnit(this.#trained[role], nameOf))
    const fetches = roles.map(([role, nameOf]) => this.#perUnit(this.#trained[role], (unit) => names.next(nameOf(unit))))
    return { feeds: Object.assign({}, this.#perUnit(this.#gradientsOf(0), names.gradient), ...feeds), fetches: Object.assign({}, ...fetches) }
  }

  /** A copy of the state. */
  read(): TrainingState {
    const read = (role: Role): NamedHostTensors => ({ ...this.#constant[role], ...this.#perParameter(new Float32Array(this.#trained[role]), (name) => name) })
    return { parameters: read('parameters'), firstMoments: read('firstMoments'), secondMoments: read('secondMoments') }
  }

  /** Memory as one tensor for each parameter. */
  #perParameter(memory: Float32Array, nameOf: (name: string) => string): NamedHostTensors {
    return Object.fromEntries([...this.#layout.slots].map(([name, { shape }]): [string, HostTensor] => [nameOf(name), { shape, dtype: 'float32', data: view(memory, this.#layout, name) }]))
  }

  /** Memory as one tensor for each unit of the update. */
  #perUnit(memory: Float32Array, nameOf: (unit: string) => string): NamedHostTensors {
    const { packedLength } = this.#layout
    const single = this.#units.single.map((name): [string, HostTensor] => [nameOf(name), { shape: this.#layout.slots.get(name)?.shape ?? [], dtype: 'float32', data: view(memory, this.#layout, name) }])
    const packed: [string, HostTensor][] = packedLength === 0 ? [] : [[nameOf(names.packed), { shape: [packedLength], dtype: 'float32', data: memory.subarray(0, packedLength) }]]
    return Object.fromEntries([...single, ...packed])
  }

  #gradientsOf(member: number): Float32Array {
    const memory = this.#gradients[member]
    if (memory === undefined) throw new Error(`There is no member ${member}.`)
    return memory
  }
}

const renamed = (tensors: NamedHostTensors, nameOf: (name: string) => string): NamedHostTensors => Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [nameOf(name), tensor]))
