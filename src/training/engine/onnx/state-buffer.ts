import type { Tensor } from 'onnxruntime-node'
import type { TrainingState } from '../engine.ts'
import { view, type Layout } from './layout.ts'
import { names } from './names.ts'
import type { Runtime } from './runtime.ts'
import type { Packing } from './units.ts'

export type NamedOnnx = Readonly<Record<string, Tensor>>

/** Memory for one number of each trained element, as inputs of a graph and as the outputs that take their places. */
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

/** One copy of the state: memory for each role. */
export type StateBuffer = Readonly<Record<Role, Bound>>

/** Lays `memory` out as tensors: each parameter's own, and the packed ones as one vector. */
export function bind(runtime: Runtime, layout: Layout, { single }: Packing, nameOf: (name: string) => string, memory: Float32Array = new Float32Array(layout.length)): Bound {
  const feeds: Record<string, Tensor> = {}
  const fetches: Record<string, Tensor> = {}
  const add = (name: string, data: Float32Array, shape: readonly number[], isOutput: boolean): void => {
    const tensor = new runtime.Tensor('float32', data, shape)
    feeds[nameOf(name)] = tensor
    if (isOutput) fetches[names.next(nameOf(name))] = tensor
  }
  if (layout.packedLength > 0) add(names.packed, memory.subarray(0, layout.packedLength), [layout.packedLength], true)
  for (const [name, { shape }] of layout.slots) add(name, view(memory, layout, name), shape, single.includes(name))
  return { memory, feeds, fetches }
}

export function bindState(runtime: Runtime, layout: Layout, packing: Packing): StateBuffer {
  const [parameters, firstMoments, secondMoments] = roles.map(([, nameOf]) => bind(runtime, layout, packing, nameOf)) as [Bound, Bound, Bound]
  return { parameters, firstMoments, secondMoments }
}

const valuesOf = (buffer: StateBuffer): Bound[] => roles.map(([role]) => buffer[role])
export const stateFeeds = (buffer: StateBuffer): NamedOnnx => Object.assign({}, ...valuesOf(buffer).map(({ feeds }) => feeds))
export const stateFetches = (buffer: StateBuffer): NamedOnnx => Object.assign({}, ...valuesOf(buffer).map(({ fetches }) => fetches))
