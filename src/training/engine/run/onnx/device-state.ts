import type { HostTensor, NamedHostTensors, NamedTensors } from '../../../tensor/host-tensor.ts'
import type * as tf from '../../../tensor/tf.ts'
import type { TrainingProgram, TrainingState } from '../../program/engine.ts'
import { accumulationStepsOf } from '../../program/micro-batches.ts'
import { encodeOnnx } from '../../record/graph/encode-onnx.ts'
import { sizeOf } from '../../record/graph/graph.ts'
import { needsLossScale } from '../../record/half-precision.ts'
import { record } from '../../record/record.ts'
import { names, roles, type Role } from './graph-names.ts'
import { layOut, view, type Layout } from './memory-layout.ts'
import type { Provider } from './providers.ts'
import {
  isOnDevice,
  numberIn,
  onHost,
  openSession,
  runSession,
  scalar,
  type NamedOnnx,
  type OnnxTensor,
  type Session,
} from './runtime.ts'
import { nextGradients, type GradientBuffers, type GradientNorms, type StateStore } from './state-store.ts'
import { encodeUpdate, recordUpdate, shapesOf } from './training-graph.ts'
import { packing as packingOf, type Packing } from './update-units.ts'

/**
 * Opens a state in the memory of a device: outputs of one run are inputs of the next. It is read through a graph that copies its inputs to
 * host memory.
 */
export async function openDeviceState(
  provider: Provider,
  trainingProgram: TrainingProgram,
  trained: readonly string[],
  state: TrainingState,
): Promise<StateStore> {
  const program = trainingProgram.name
  const shapes = shapesOf(state)
  const packing = packingOf(trained, shapes)
  const layout = layOut(packing.packed, packing.single, shapes)
  const units = [...unitShapes(packing, layout)]
  const isScaled = needsLossScale(provider.recordOptions?.half)
  const update = await openSession(
    provider.runtime,
    program,
    encodeUpdate(trainingProgram, recordUpdate(trainingProgram, packing, shapes, { isScaled })),
    { ...provider.sessionOptions, isAsRecorded: true, kept: nextState(units.map(([unit]) => unit)) },
  )
  const inputs = units.flatMap(([unit, shape]) =>
    roles.map(([, nameOf]): [string, readonly number[]] => [nameOf(unit), shape]),
  )
  const reader = await openHelper(
    provider,
    program,
    inputs,
    (tensors) => Object.entries(tensors).map(([name, tensor]) => [readingOf(name), tensor]),
    [],
  )
  if (packing.packed.length === 0)
    return new DeviceState(trainingProgram, packing, layout, state, { update, reader, unpacker: undefined })

  const vector = names.parameter(names.packed)
  const unpacked = packing.packed.map((name) => names.next(names.parameter(name)))
  const unpack = (tensors: NamedTensors): [string, tf.Tensor][] =>
    packing.packed.map((name) => [names.next(names.parameter(name)), sliceOf(tensors[vector], layout, name)])
  const unpacker = await openHelper(provider, program, [[vector, [layout.packedLength]]], unpack, unpacked)
  return new DeviceState(trainingProgram, packing, layout, state, { update, reader, unpacker })
}

/** Opens an auxiliary graph. Outputs in `kept` stay on the device. */
async function openHelper(
  { runtime, sessionOptions }: Provider,
  program: string,
  inputs: readonly (readonly [string, readonly number[]])[],
  build: (tensors: NamedTensors) => [string, tf.Tensor][],
  kept: readonly string[],
): Promise<Session> {
  const values = record(program, ({ input }) =>
    Object.fromEntries(
      build(Object.fromEntries(inputs.map(([name, shape]) => [name, input(name, { shape, type: 'float32' })]))),
    ),
  )
  return openSession(runtime, program, encodeOnnx(program, values), { ...sessionOptions, kept })
}

const readingOf = (name: string): string => `reading of ${name}`

function sliceOf(vector: tf.Tensor | undefined, { slots }: Layout, name: string): tf.Tensor {
  const slot = slots.get(name)
  if (vector === undefined || slot === undefined) throw new Error(`'${name}' is not in the layout.`)
  return vector.slice([slot.offset], [sizeOf(slot.shape)]).reshape([...slot.shape])
}

/** Shapes of the update units, by name. */
function unitShapes(
  { packed, single }: Packing,
  { slots, packedLength }: Layout,
): ReadonlyMap<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>()
  if (packed.length > 0) shapes.set(names.packed, [packedLength])
  for (const name of single) shapes.set(name, slots.get(name)?.shape ?? [])
  return shapes
}

/** Names of the graph outputs that are the next state. */
const nextState = (units: Iterable<string>): string[] =>
  [...units].flatMap((unit) => roles.map(([, nameOf]) => names.next(nameOf(unit))))

/** The initial state as graph inputs in host memory: each parameter, and the packed ones as one vector as well. */
function initialTensors(packing: Packing, layout: Layout, state: TrainingState): NamedOnnx {
  const tensors = roles.flatMap(([role, nameOf]) => {
    const memory = new Float32Array(layout.length)
    for (const name of layout.slots.keys()) view(memory, layout, name).set(state[role][name]?.data ?? [])
    const wrap = (name: string, data: Float32Array, shape: readonly number[]): [string, OnnxTensor] => [
      nameOf(name),
      { shape, dtype: 'float32', data },
    ]
    const own = [...layout.slots].map(([name, { shape }]) => wrap(name, view(memory, layout, name), shape))
    return packing.packed.length === 0
      ? own
      : [...own, wrap(names.packed, memory.subarray(0, layout.packedLength), [layout.packedLength])]
  })
  return Object.fromEntries(tensors)
}

/** Graphs other than that of the gradients. */
interface Sessions {
  readonly update: Session
  readonly reader: Session
  /** Splits the vector of small parameters into single parameters. */
  readonly unpacker: Session | undefined
}

class DeviceState implements StateStore {
  readonly #program: TrainingProgram
  readonly #layout: Layout
  readonly #units: ReadonlyMap<string, readonly number[]>
  readonly #sessions: Sessions
  /** By name in a graph. In host memory until the first step. */
  #state: NamedOnnx
  #gradients: NamedOnnx = {}
  #isDisposed = false

  constructor(program: TrainingProgram, packing: Packing, layout: Layout, state: TrainingState, sessions: Sessions) {
    this.#program = program
    this.#layout = layout
    this.#units = unitShapes(packing, layout)
    this.#sessions = sessions
    this.#state = initialTensors(packing, layout, state)
  }

  parameters(): NamedOnnx {
    return this.#state
  }

  async update(learningRate: number, step: number, lossScale?: number): Promise<GradientNorms> {
    const { beta1, beta2 } = this.#program.optimizer
    const scalars = {
      [names.learningRate]: learningRate,
      [names.firstCorrection]: 1 - beta1 ** step,
      [names.secondCorrection]: 1 - beta2 ** step,
      [names.gradientFactor]: 1 / (accumulationStepsOf(this.#program) * (lossScale ?? 1)),
    }
    const wrapped = Object.entries(scalars).map(([name, number]) => [name, scalar(number)] as const)
    const { update } = this.#sessions
    const results = await runSession(
      update,
      this.#program.name,
      needed(update, { ...this.#state, ...this.#gradients, ...Object.fromEntries(wrapped) }),
    )
    const norm = numberIn(results, names.norm)
    if (lossScale === undefined || Number.isFinite(norm)) await this.#advance(results)
    else release(takeOver(results, nextState(this.#units.keys())))
    return { norm }
  }

  async #advance(results: NamedOnnx): Promise<void> {
    const next = takeOver(results, nextState(this.#units.keys()))
    const { unpacker } = this.#sessions
    try {
      const packed = next[names.parameter(names.packed)]
      if (unpacker !== undefined && packed !== undefined) {
        const unpacked = await runSession(unpacker, this.#program.name, { [names.parameter(names.packed)]: packed })
        Object.assign(next, takeOver(unpacked, unpacker.outputNames))
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

  gradients(index: number): readonly GradientBuffers[] {
    if (accumulationStepsOf(this.#program) === 1) return [{ feeds: {}, outputs: {} }]
    return [{ feeds: index === 0 ? this.#zeros() : this.#gradients, outputs: {} }]
  }

  keepGradients([results = {}]: readonly NamedOnnx[]): void {
    const next = takeOver(results, nextGradients(this.#layout.slots.keys()))
    release(this.#gradients)
    this.#gradients = next
  }

  async read(): Promise<Record<Role, NamedHostTensors>> {
    const { reader } = this.#sessions
    const results = await runSession(reader, this.#program.name, needed(reader, this.#state))
    const read = (nameOf: (name: string) => string): NamedHostTensors => {
      const dataOf = (unit: string): Float32Array => {
        const { data } = onHost(results, readingOf(nameOf(unit)))
        if (data instanceof Float32Array) return data
        throw new Error(`'${nameOf(unit)}' cannot be read.`)
      }
      const packed = this.#units.has(names.packed) ? dataOf(names.packed) : new Float32Array()
      return Object.fromEntries(
        [...this.#layout.slots].map(([name, { shape }]): [string, HostTensor] => [
          name,
          {
            shape,
            dtype: 'float32',
            data: this.#units.has(name) ? dataOf(name) : view(packed, this.#layout, name).slice(),
          },
        ]),
      )
    }
    const [parameters, firstMoments, secondMoments] = roles.map(([, nameOf]) => read(nameOf)) as [
      NamedHostTensors,
      NamedHostTensors,
      NamedHostTensors,
    ]
    return { parameters, firstMoments, secondMoments }
  }

  async dispose(): Promise<void> {
    if (this.#isDisposed) return
    this.#isDisposed = true
    release(this.#state)
    release(this.#gradients)
    await this.#sessions.update.release()
    await this.#sessions.reader.release()
    await this.#sessions.unpacker?.release()
  }

  /** Zeros for the first sums of a step, which share memory. */
  #zeros(): NamedOnnx {
    const { slots } = this.#layout
    const memory = new Float32Array(Math.max(0, ...[...slots.values()].map(({ shape }) => sizeOf(shape))))
    return Object.fromEntries(
      [...slots].map(([name, { shape }]) => [
        names.gradient(name),
        { shape, dtype: 'float32', data: memory.subarray(0, sizeOf(shape)) },
      ]),
    )
  }
}

/** Those of `tensors` that are inputs of a graph. */
const needed = ({ inputNames }: Session, tensors: NamedOnnx): NamedOnnx =>
  Object.fromEntries(inputNames.flatMap((name) => (tensors[name] === undefined ? [] : [[name, tensors[name]]])))

/** Outputs under the names of the inputs that they replace. */
function takeOver(results: NamedOnnx, outputNames: readonly string[]): Record<string, OnnxTensor> {
  return Object.fromEntries(
    outputNames.map((name) => {
      const tensor = results[name]
      if (tensor === undefined) throw new Error(`The graph has no output '${name}'.`)
      return [name.slice(names.next('').length), tensor]
    }),
  )
}

function release(tensors: NamedOnnx): void {
  for (const tensor of Object.values(tensors)) {
    if (isOnDevice(tensor)) tensor.dispose()
  }
}
