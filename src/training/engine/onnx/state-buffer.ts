import type { Tensor } from 'onnxruntime-node'
import type { HostTensor, NamedHostTensors, TrainingState } from '../engine.ts'
import { view, type Layout } from './layout.ts'
import { names } from './names.ts'
import type { Runtime } from './runtime.ts'
import type { Packing } from './units.ts'

export type NamedOnnx = Readonly<Record<string, Tensor>>

/** Memory for one number of each trained element, as inputs of a graph and as the outputs that are written over them. */
export interface Bound {
  readonly memory: Float32Array
  readonly feeds: NamedOnnx
  readonly fetches: NamedOnnx
}

/** Parts of a training state, with the names that they have in a graph. */
export const roles = [
  ['parameters', names.parameter],
  ['firstMoments', names.firstMoment],
  ['secondMoments', names.secondMoment],
] as const satisfies readonly (readonly [keyof TrainingState, (name: string) => string])[]

export type Role = (typeof roles)[number][0]

/** The state: memory for each role. */
export type StateBuffer = Readonly<Record<Role, Bound>>

/** Lays `memory` out as a part of the state: each parameter's own as graphs take it, and the packed ones as one vector, as the update gives them. */
export function bind(runtime: Runtime, layout: Layout, { single }: Packing, nameOf: (name: string) => string, memory: Float32Array = new Float32Array(layout.length)): Bound {
  const packed = new runtime.Tensor('float32', memory.subarray(0, layout.packedLength), [layout.packedLength])
  const tensors = Object.entries(tensorsOf(runtime, layout, memory))
  const [units, named] = [tensors.filter(([name]) => single.includes(name)), [...tensors]]
  if (layout.packedLength > 0) for (const list of [units, named]) list.push([names.packed, packed])
  return { memory, feeds: renamed(named, nameOf), fetches: renamed(units, (name) => names.next(nameOf(name))) }
}

/** Lays `memory` out as gradients: each parameter's own. */
export function bindGradients(runtime: Runtime, layout: Layout, memory: Float32Array = new Float32Array(layout.length)): Bound {
  const tensors = Object.entries(tensorsOf(runtime, layout, memory))
  return { memory, feeds: renamed(tensors, names.gradient), fetches: renamed(tensors, (name) => names.next(names.gradient(name))) }
}

const tensorsOf = (runtime: Runtime, layout: Layout, memory: Float32Array): NamedOnnx =>
  Object.fromEntries([...layout.slots].map(([name, { shape }]) => [name, new runtime.Tensor('float32', view(memory, layout, name), shape)]))

const renamed = (tensors: readonly (readonly [string, Tensor])[], nameOf: (name: string) => string): NamedOnnx => Object.fromEntries(tensors.map(([name, tensor]) => [nameOf(name), tensor]))

/** A state that holds what a session begins with. */
export function bindState(runtime: Runtime, layout: Layout, packing: Packing, state: TrainingState, memory?: () => Float32Array): StateBuffer {
  const [parameters, firstMoments, secondMoments] = roles.map(([role, nameOf]) => {
    const bound = bind(runtime, layout, packing, nameOf, memory?.())
    for (const name of layout.slots.keys()) {
      const tensor = state[role][name]
      if (tensor !== undefined) view(bound.memory, layout, name).set(tensor.data)
    }
    return bound
  }) as [Bound, Bound, Bound]
  return { parameters, firstMoments, secondMoments }
}

/** Copies the trained part of a state. */
export function readBuffer(buffer: StateBuffer, layout: Layout): Record<Role, NamedHostTensors> {
  const read = (role: Role): NamedHostTensors =>
    Object.fromEntries([...layout.slots].map(([name, { shape }]): [string, HostTensor] => [name, { shape, dtype: 'float32', data: Float32Array.from(view(buffer[role].memory, layout, name)) }]))
  return { parameters: read('parameters'), firstMoments: read('firstMoments'), secondMoments: read('secondMoments') }
}

const valuesOf = (buffer: StateBuffer): Bound[] => roles.map(([role]) => buffer[role])
export const stateFeeds = (buffer: StateBuffer): NamedOnnx => Object.assign({}, ...valuesOf(buffer).map(({ feeds }) => feeds))
export const stateFetches = (buffer: StateBuffer): NamedOnnx => Object.assign({}, ...valuesOf(buffer).map(({ fetches }) => fetches))
