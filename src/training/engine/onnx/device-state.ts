import type { InferenceSession as OnnxSession, Tensor } from 'onnxruntime-node'
import type { HostTensor, NamedHostTensors, NamedTensors, TrainingState } from '../engine.ts'
import { sizeOf } from '../graph/graph.ts'
import { encodeOnnx } from '../graph/onnx.ts'
import { record } from '../symbolic/record.ts'
import type * as tf from '../tf.ts'
import { view, type Layout } from './layout.ts'
import { names } from './names.ts'
import type { Provider } from './providers.ts'
import { openSession, runSession } from './runtime.ts'
import { bindState, roles, stateFeeds, type NamedOnnx, type Role } from './state-buffer.ts'
import { largestSize, nextGradients, nextState, unitShapes, type Places, type StateStore } from './state-store.ts'
import type { Packing } from './units.ts'

/**
 * The state in memory of the device: what a graph gave is handed to the next run as it is. Tensors there are read by
 * running them through a graph that gives them back in host memory; ONNX Runtime's own `getData` ends the process.
 */
export async function openDeviceState(provider: Provider, program: string, packing: Packing, layout: Layout, state: TrainingState): Promise<StateStore> {
  const units = [...unitShapes(packing, layout)]
  const inputs = units.flatMap(([unit, shape]) => roles.map(([, nameOf]): [string, readonly number[]] => [nameOf(unit), shape]))
  const reader = await openHelper(provider, program, inputs, (tensors) => Object.entries(tensors).map(([name, tensor]) => [readingOf(name), tensor]), [])
  if (packing.packed.length === 0) return new DeviceState(provider, program, packing, layout, state, reader, undefined)

  const vector = names.parameter(names.packed)
  const parts = packing.packed.map((name) => names.next(names.parameter(name)))
  const cut = (tensors: NamedTensors): [string, tf.Tensor][] => packing.packed.map((name) => [names.next(names.parameter(name)), cutOut(tensors[vector], layout, name)])
  const cutter = await openHelper(provider, program, [[vector, [layout.packedLength]]], cut, parts)
  return new DeviceState(provider, program, packing, layout, state, reader, cutter)
}

/** Opens a graph beside that of the program. Outputs in `kept` stay on the device. */
async function openHelper(
  { runtime, sessionOptions }: Provider,
  program: string,
  inputs: readonly (readonly [string, readonly number[]])[],
  build: (tensors: NamedTensors) => [string, tf.Tensor][],
  kept: readonly string[],
): Promise<OnnxSession> {
  const values = record(program, ({ input }) => Object.fromEntries(build(Object.fromEntries(inputs.map(([name, shape]) => [name, input(name, { shape, type: 'float32' })])))))
  return openSession(runtime, program, encodeOnnx(program, values), sessionOptions(kept))
}

const readingOf = (name: string): string => `reading of ${name}`

function cutOut(vector: tf.Tensor | undefined, { slots }: Layout, name: string): tf.Tensor {
  const slot = slots.get(name)
  if (vector === undefined || slot === undefined) throw new Error(`'${name}' has no place.`)
  return vector.slice([slot.offset], [sizeOf(slot.shape)]).reshape([...slot.shape])
}

class DeviceState implements StateStore {
  readonly #provider: Provider
  readonly #program: string
  readonly #layout: Layout
  readonly #units: ReadonlyMap<string, readonly number[]>
  readonly #reader: OnnxSession
  /** Cuts the vector of small parameters into the parameters that a model takes. */
  readonly #cutter: OnnxSession | undefined
  /** By their names in a graph. In host memory until the first step. */
  #state: NamedOnnx
  #gradients: NamedOnnx = {}
  #isDisposed = false

  constructor(provider: Provider, program: string, packing: Packing, layout: Layout, state: TrainingState, reader: OnnxSession, cutter: OnnxSession | undefined) {
    this.#provider = provider
    this.#program = program
    this.#layout = layout
    this.#units = unitShapes(packing, layout)
    this.#reader = reader
    this.#cutter = cutter
    this.#state = stateFeeds(bindState(provider.runtime, layout, packing, state))
  }

  state(): Places {
    return { feeds: this.#state, fetches: {} }
  }

  async advance(results: NamedOnnx): Promise<void> {
    const next = takeOver(results, nextState(this.#units.keys()))
    try {
      const packed = next[names.parameter(names.packed)]
      if (this.#cutter !== undefined && packed !== undefined) {
        const parts = await runSession(this.#cutter, this.#program, { [names.parameter(names.packed)]: packed })
        Object.assign(next, takeOver(parts, this.#cutter.outputNames))
      }
    } catch (cause) {
      release(next)
      throw cause
    }
    release(this.#state)
    release(this.#gradients)
    this.#state = next
    this.#gradients = {}
  }

  gradients(index: number): Places {
    return { feeds: index === 0 ? this.#zeros() : this.#gradients, fetches: {} }
  }

  gather(_index: number, results: NamedOnnx): void {
    const next = takeOver(results, nextGradients(this.#layout.slots.keys()))
    release(this.#gradients)
    this.#gradients = next
  }

  async read(): Promise<Record<Role, NamedHostTensors>> {
    const feeds = Object.fromEntries(this.#reader.inputNames.flatMap((name) => (this.#state[name] === undefined ? [] : [[name, this.#state[name]] as const])))
    const results = await runSession(this.#reader, this.#program, feeds)
    const read = (nameOf: (name: string) => string): NamedHostTensors => {
      const dataOf = (unit: string): Float32Array => {
        const data = results[readingOf(nameOf(unit))]?.data
        if (data instanceof Float32Array) return data
        throw new Error(`'${nameOf(unit)}' cannot be read.`)
      }
      const packed = this.#units.has(names.packed) ? dataOf(names.packed) : new Float32Array()
      return Object.fromEntries(
        [...this.#layout.slots].map(([name, { shape }]): [string, HostTensor] => [name, { shape, dtype: 'float32', data: this.#units.has(name) ? dataOf(name) : view(packed, this.#layout, name).slice() }]),
      )
    }
    const [parameters, firstMoments, secondMoments] = roles.map(([, nameOf]) => read(nameOf)) as [NamedHostTensors, NamedHostTensors, NamedHostTensors]
    return { parameters, firstMoments, secondMoments }
  }

  async dispose(): Promise<void> {
    if (this.#isDisposed) return
    this.#isDisposed = true
    release(this.#state)
    release(this.#gradients)
    await this.#reader.release()
    await this.#cutter?.release()
  }

  /** Zeros for the first sum of a step; all from the same memory. */
  #zeros(): NamedOnnx {
    const { slots } = this.#layout
    const memory = new Float32Array(largestSize([...slots.values()].map(({ shape }) => shape)))
    return Object.fromEntries(
      [...slots].map(([name, { shape }]) => [names.gradient(name), new this.#provider.runtime.Tensor('float32', memory.subarray(0, sizeOf(shape)), shape)]),
    )
  }
}

/** Outputs under the names of the inputs whose places they take. */
function takeOver(results: NamedOnnx, outputNames: readonly string[]): Record<string, Tensor> {
  return Object.fromEntries(
    outputNames.map((name) => {
      const tensor = results[name]
      if (tensor === undefined) throw new Error(`A graph gave no '${name}'.`)
      return [name.slice(names.next('').length), tensor]
    }),
  )
}

function release(tensors: NamedOnnx): void {
  for (const tensor of Object.values(tensors)) {
    if (tensor.location === 'gpu-buffer') tensor.dispose()
  }
}
