import type { InferenceSession as OnnxSession, Tensor } from 'onnxruntime-node'
import type { HostTensor, NamedHostTensors, StepResult, TrainingProgram, TrainingSession, TrainingState } from '../engine.ts'
import { checkInputs, checkState } from '../state.ts'
import { fromOnnx, toOnnx } from './host.ts'
import { layOut, view, type Layout } from './layout.ts'
import { inputName, programOutputName } from './program.ts'
import { openSession, runSession, type Runtime } from './runtime.ts'
import { names } from './names.ts'
import { recordTraining, type TrainingGraph } from './training-graph.ts'

const roles = [
  ['parameters', names.parameter],
  ['firstMoments', names.firstMoment],
  ['secondMoments', names.secondMoment],
] as const

type Role = (typeof roles)[number][0]

/** One copy of the state: memory for each role, and that memory as the graph's inputs and outputs. */
interface StateBuffer {
  readonly memory: Readonly<Record<Role, Float32Array>>
  readonly feeds: Readonly<Record<string, Tensor>>
  readonly fetches: Readonly<Record<string, Tensor>>
}

/**
 * Opens a session whose state lies in two buffers: a step reads one and writes the other, so nothing is copied between
 * steps, and a step that fails leaves the state as it was.
 */
export async function openTraining(
  runtime: Runtime,
  options: OnnxSession.SessionOptions,
  program: TrainingProgram,
  state: TrainingState,
): Promise<TrainingSession> {
  checkState(program, state)
  const graph = recordTraining(program, state)
  const session = await openSession(runtime, program.name, graph.model, options)
  const shapes = Object.fromEntries(Object.entries(state.parameters).map(([name, { shape }]) => [name, shape]))
  const layout = layOut(graph.packed, graph.single, shapes)
  return new OnnxTrainingSession(runtime, program, session, graph, layout, state)
}

class OnnxTrainingSession implements TrainingSession {
  readonly #runtime: Runtime
  readonly #program: TrainingProgram
  readonly #session: OnnxSession
  readonly #graph: TrainingGraph
  readonly #layout: Layout
  /** What the optimizer never changes: frozen parameters, and those that the loss does not depend on. */
  readonly #constant: TrainingState
  #current: StateBuffer
  #spare: StateBuffer

  constructor(runtime: Runtime, program: TrainingProgram, session: OnnxSession, graph: TrainingGraph, layout: Layout, state: TrainingState) {
    this.#runtime = runtime
    this.#program = program
    this.#session = session
    this.#graph = graph
    this.#layout = layout
    const constant = (tensors: NamedHostTensors): NamedHostTensors => Object.fromEntries(Object.entries(tensors).filter(([name]) => !layout.slots.has(name)))
    this.#constant = { parameters: constant(state.parameters), firstMoments: constant(state.firstMoments), secondMoments: constant(state.secondMoments) }
    this.#current = this.#buffer()
    this.#spare = this.#buffer()
    for (const [role] of roles) {
      for (const name of layout.slots.keys()) {
        const tensor = state[role][name]
        if (tensor !== undefined) view(this.#current.memory[role], layout, name).set(tensor.data)
      }
    }
  }

  async step(inputs: NamedHostTensors, learningRate: number, step: number): Promise<StepResult> {
    const { inputs: specs, optimizer, name: program } = this.#program
    checkInputs(program, specs, inputs)
    const scalars = {
      [names.learningRate]: learningRate,
      [names.firstCorrection]: 1 - optimizer.beta1 ** step,
      [names.secondCorrection]: 1 - optimizer.beta2 ** step,
    }
    const given: Record<string, Tensor> = {}
    for (const [name, number] of Object.entries(scalars)) given[name] = new this.#runtime.Tensor('float32', Float32Array.of(number), [])
    for (const name of Object.keys(specs)) {
      const tensor = inputs[name]
      if (tensor !== undefined && this.#graph.model.inputNames.has(inputName(name))) given[inputName(name)] = toOnnx(this.#runtime, tensor)
    }
    const results = await runSession(this.#session, program, { ...this.#current.feeds, ...given }, this.#fetches())
    ;[this.#current, this.#spare] = [this.#spare, this.#current]
    return this.#result(results)
  }

  readState(): Promise<TrainingState> {
    const read = (role: Role): NamedHostTensors => {
      const trained = [...this.#layout.slots].map(([name, { shape }]): [string, HostTensor] => [
        name,
        { shape, dtype: 'float32', data: view(this.#current.memory[role], this.#layout, name).slice() },
      ])
      return { ...this.#constant[role], ...Object.fromEntries(trained) }
    }
    return Promise.resolve({ parameters: read('parameters'), firstMoments: read('firstMoments'), secondMoments: read('secondMoments') })
  }

  async dispose(): Promise<void> {
    await this.#session.release()
  }

  /** Results go to the spare buffer; the loss and the program's outputs to memory of their own. */
  #fetches(): Record<string, Tensor | null> {
    const fetches: Record<string, Tensor | null> = {}
    for (const name of this.#session.outputNames) fetches[name] = this.#spare.fetches[name] ?? null
    return fetches
  }

  #result(results: OnnxSession.ReturnType): StepResult {
    const outputs = Object.entries(results).flatMap(([name, tensor]): [string, HostTensor][] => {
      const output = programOutputName(name)
      return output === undefined ? [] : [[output, fromOnnx(tensor)]]
    })
    return { loss: Number(results[names.loss]?.data[0]), gradientNorm: Number(results[names.norm]?.data[0]), outputs: Object.fromEntries(outputs) }
  }

  #buffer(): StateBuffer {
    const memory = { parameters: this.#memory(), firstMoments: this.#memory(), secondMoments: this.#memory() }
    const feeds: Record<string, Tensor> = {}
    const fetches: Record<string, Tensor> = {}
    const { inputNames } = this.#graph.model
    const bind = (name: string, data: Float32Array, shape: readonly number[], isOutput: boolean): void => {
      const tensor = new this.#runtime.Tensor('float32', data, shape)
      if (inputNames.has(name)) feeds[name] = tensor
      if (isOutput) fetches[names.next(name)] = tensor
    }
    for (const [role, nameOf] of roles) {
      if (this.#layout.packedLength > 0) bind(nameOf(names.packed), memory[role].subarray(0, this.#layout.packedLength), [this.#layout.packedLength], true)
      for (const [name, { shape }] of this.#layout.slots) bind(nameOf(name), view(memory[role], this.#layout, name), shape, this.#graph.single.includes(name))
    }
    for (const [name, tensor] of Object.entries(this.#constant.parameters)) {
      if (inputNames.has(names.parameter(name))) feeds[names.parameter(name)] = toOnnx(this.#runtime, tensor)
    }
    return { memory, feeds, fetches }
  }

  #memory(): Float32Array {
    return new Float32Array(this.#layout.length)
  }
}
