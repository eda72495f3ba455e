import type { InferenceSession as OnnxSession, Tensor } from 'onnxruntime-node'
import type { HostTensor, NamedHostTensors, StepResult, TrainingProgram, TrainingSession, TrainingState } from '../engine.ts'
import type { OnnxModel } from '../graph/onnx.ts'
import { accumulationStepsOf, MicroBatches } from '../micro-batches.ts'
import { checkInputs, checkState } from '../state.ts'
import { fromOnnx, toOnnx } from './host.ts'
import { layOut, view, type Layout } from './layout.ts'
import { inputName, programOutputName } from './program.ts'
import { openSession, runSession, type Runtime } from './runtime.ts'
import { names } from './names.ts'
import { bind, bindState, roles, stateFeeds, stateFetches, type Bound, type NamedOnnx, type Role, type StateBuffer } from './state-buffer.ts'
import { recordTraining, type TrainingGraph } from './training-graph.ts'

/** A graph that is ready to run. */
interface Compiled {
  readonly session: OnnxSession
  readonly model: OnnxModel
}

/** The gradients' sum of a step: a micro-batch reads one of the two and writes the other, whose turn it then is. */
type Gathered = readonly [own: Bound, lent: Bound]

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
  const compile = async (model: OnnxModel): Promise<Compiled> => ({ session: await openSession(runtime, program.name, model, options), model })
  const batch = await compile(graph.model)
  const update = graph.update === undefined ? undefined : await compile(graph.update)
  return new OnnxTrainingSession(runtime, program, graph, batch, update, state)
}

class OnnxTrainingSession implements TrainingSession {
  readonly #runtime: Runtime
  readonly #program: TrainingProgram
  readonly #graph: TrainingGraph
  /** The graph of one batch. */
  readonly #batch: Compiled
  /** The graph of the update, where a step has several micro-batches. */
  readonly #update: Compiled | undefined
  readonly #layout: Layout
  /** What the optimizer never changes: frozen parameters, and those that the loss does not depend on. */
  readonly #constant: TrainingState
  readonly #microBatches: MicroBatches
  #current: StateBuffer
  #spare: StateBuffer
  /** Memory for the gradients' sum that is not lent from the spare state. */
  readonly #gradients: Float32Array | undefined

  constructor(runtime: Runtime, program: TrainingProgram, graph: TrainingGraph, batch: Compiled, update: Compiled | undefined, state: TrainingState) {
    this.#runtime = runtime
    this.#program = program
    this.#graph = graph
    this.#batch = batch
    this.#update = update
    const shapes = Object.fromEntries(Object.entries(state.parameters).map(([name, { shape }]) => [name, shape]))
    const layout = layOut(graph.packed, graph.single, shapes)
    this.#layout = layout
    const constant = (tensors: NamedHostTensors): NamedHostTensors => Object.fromEntries(Object.entries(tensors).filter(([name]) => !layout.slots.has(name)))
    this.#constant = { parameters: constant(state.parameters), firstMoments: constant(state.firstMoments), secondMoments: constant(state.secondMoments) }
    this.#microBatches = new MicroBatches(program)
    this.#gradients = update === undefined ? undefined : new Float32Array(layout.length)
    this.#current = bindState(runtime, layout, graph)
    this.#spare = bindState(runtime, layout, graph)
    for (const [role] of roles) {
      for (const name of layout.slots.keys()) {
        const tensor = state[role][name]
        if (tensor !== undefined) view(this.#current[role].memory, layout, name).set(tensor.data)
      }
    }
  }

  async accumulate(inputs: NamedHostTensors): Promise<void> {
    this.#microBatches.expect(false)
    await this.#compute(inputs, this.#gathered())
  }

  async step(inputs: NamedHostTensors, learningRate: number, step: number): Promise<StepResult> {
    this.#microBatches.expect(true)
    const scalars = this.#scalars(learningRate, step)
    const gathered = this.#gathered()
    let results = await this.#compute(inputs, gathered, scalars)
    if (this.#update !== undefined && gathered !== undefined) {
      results = await this.#run(this.#update, { ...stateFeeds(this.#current), ...gathered[0].feeds, ...scalars }, stateFetches(this.#spare))
    }
    ;[this.#current, this.#spare] = [this.#spare, this.#current]
    return { ...this.#microBatches.mean(), gradientNorm: Number(results[names.norm]?.data[0]) }
  }

  readState(): Promise<TrainingState> {
    const read = (role: Role): NamedHostTensors => {
      const trained = [...this.#layout.slots].map(([name, { shape }]): [string, HostTensor] => [
        name,
        { shape, dtype: 'float32', data: view(this.#current[role].memory, this.#layout, name).slice() },
      ])
      return { ...this.#constant[role], ...Object.fromEntries(trained) }
    }
    return Promise.resolve({ parameters: read('parameters'), firstMoments: read('firstMoments'), secondMoments: read('secondMoments') })
  }

  async dispose(): Promise<void> {
    await this.#batch.session.release()
    await this.#update?.session.release()
  }

  /** Computes one batch and notes what it gave: the next state goes to the spare buffer, or the gradients' sum to its memory. */
  async #compute(inputs: NamedHostTensors, gathered: Gathered | undefined, scalars: NamedOnnx = {}): Promise<OnnxSession.ReturnType> {
    checkInputs(this.#program.name, this.#program.inputs, inputs)
    const given = Object.keys(this.#program.inputs).flatMap((name): [string, Tensor][] => {
      const tensor = inputs[name]
      return tensor === undefined ? [] : [[inputName(name), toOnnx(this.#runtime, tensor)]]
    })
    const [to, from] = this.#isOwnTurn() ? (gathered ?? []) : (gathered?.toReversed() ?? [])
    if (this.#microBatches.count === 0) from?.memory.fill(0)
    const feeds = { ...stateFeeds(this.#current), ...from?.feeds, ...scalars, ...Object.fromEntries(given) }
    const results = await this.#run(this.#batch, feeds, to?.fetches ?? stateFetches(this.#spare))
    const outputs = Object.entries(results).flatMap(([name, tensor]): [string, HostTensor][] => {
      const output = programOutputName(name)
      return output === undefined ? [] : [[output, fromOnnx(tensor)]]
    })
    this.#microBatches.add({ loss: Number(results[names.loss]?.data[0]), outputs: Object.fromEntries(outputs) })
    return results
  }

  /** Memory of the gradients' sum. The spare state lends one half until the update writes it. */
  #gathered(): Gathered | undefined {
    if (this.#gradients === undefined) return undefined
    const bound = (memory: Float32Array) => bind(this.#runtime, this.#layout, this.#graph, names.gradient, memory)
    return [bound(this.#gradients), bound(this.#spare.firstMoments.memory)]
  }

  /** Turns alternate so that the last sum of a step, which the update reads, does not lie in what the update writes. */
  #isOwnTurn(): boolean {
    return (accumulationStepsOf(this.#program) - this.#microBatches.count) % 2 === 1
  }

  #scalars(learningRate: number, step: number): NamedOnnx {
    const { beta1, beta2 } = this.#program.optimizer
    const numbers = { [names.learningRate]: learningRate, [names.firstCorrection]: 1 - beta1 ** step, [names.secondCorrection]: 1 - beta2 ** step }
    return Object.fromEntries(Object.entries(numbers).map(([name, number]) => [name, new this.#runtime.Tensor('float32', Float32Array.of(number), [])]))
  }

  /** Runs a graph on what it needs of `feeds`. Outputs without a place in `fetches` get memory of their own. */
  #run({ session, model }: Compiled, feeds: NamedOnnx, fetches: NamedOnnx): Promise<OnnxSession.ReturnType> {
    const needed = { ...feeds, ...this.#constantFeeds(model) }
    const given = Object.fromEntries(Object.entries(needed).filter(([name]) => model.inputNames.has(name)))
    return runSession(session, this.#program.name, given, Object.fromEntries(session.outputNames.map((name) => [name, fetches[name] ?? null])))
  }

  /** Parameters that are inputs of a graph and yet not trained: those whose gradient the loss does not give. */
  #constantFeeds({ inputNames }: OnnxModel): NamedOnnx {
    const entries = Object.entries(this.#constant.parameters).filter(([name]) => inputNames.has(names.parameter(name)))
    return Object.fromEntries(entries.map(([name, tensor]) => [names.parameter(name), toOnnx(this.#runtime, tensor)]))
  }
}
