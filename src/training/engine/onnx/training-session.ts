import type { InferenceSession as OnnxSession, Tensor } from 'onnxruntime-node'
import type { HostTensor, NamedHostTensors, StepResult, TrainingProgram, TrainingSession, TrainingState } from '../engine.ts'
import type { OnnxModel } from '../graph/onnx.ts'
import { accumulationStepsOf, MicroBatches } from '../micro-batches.ts'
import { checkInputs, checkState } from '../state.ts'
import { openDeviceState } from './device-state.ts'
import { fromOnnx, toOnnx } from './host.ts'
import { HostState } from './host-state.ts'
import { layOut, type Layout } from './layout.ts'
import { inputName, programOutputName } from './program.ts'
import type { Provider } from './providers.ts'
import { openSession, runSession } from './runtime.ts'
import { names } from './names.ts'
import type { NamedOnnx, Role } from './state-buffer.ts'
import { nextNames, unitShapes, type Places, type StateStore } from './state-store.ts'
import { recordTraining, type TrainingGraph } from './training-graph.ts'

/** A graph that is ready to run. */
interface Compiled {
  readonly session: OnnxSession
  readonly model: OnnxModel
}

/** Opens a session whose state stays where the provider computes. A step that fails leaves the state as it was. */
export async function openTraining(provider: Provider, program: TrainingProgram, state: TrainingState): Promise<TrainingSession> {
  checkState(program, state)
  const graph = recordTraining(program, state)
  const layout = layOut(graph.packed, graph.single, Object.fromEntries(Object.entries(state.parameters).map(([name, { shape }]) => [name, shape])))
  const units = [...unitShapes(graph, layout).keys()]
  const compile = async (model: OnnxModel, kept: 'state' | 'sum'): Promise<Compiled> => ({
    session: await openSession(provider.runtime, program.name, model, provider.sessionOptions(nextNames(units, kept))),
    model,
  })
  const batch = await compile(graph.model, graph.update === undefined ? 'state' : 'sum')
  const update = graph.update === undefined ? undefined : await compile(graph.update, 'state')
  const store = await openStore(provider, program, graph, layout, state)
  return new OnnxTrainingSession(provider, program, batch, update, store, withoutTrained(state, layout))
}

function openStore(provider: Provider, program: TrainingProgram, graph: TrainingGraph, layout: Layout, state: TrainingState): Promise<StateStore> {
  if (provider.memory === 'device') return openDeviceState(provider, program.name, graph, layout, state)
  const options = { accumulationSteps: accumulationStepsOf(program), fillsPlaces: provider.memory === 'host' }
  return Promise.resolve(new HostState(provider.runtime, graph, layout, state, options))
}

/** What the optimizer never changes: frozen parameters, and those that the loss does not depend on. */
function withoutTrained(state: TrainingState, { slots }: Layout): TrainingState {
  const constant = (tensors: NamedHostTensors): NamedHostTensors => Object.fromEntries(Object.entries(tensors).filter(([name]) => !slots.has(name)))
  return { parameters: constant(state.parameters), firstMoments: constant(state.firstMoments), secondMoments: constant(state.secondMoments) }
}

class OnnxTrainingSession implements TrainingSession {
  readonly #provider: Provider
  readonly #program: TrainingProgram
  /** The graph of one batch. */
  readonly #batch: Compiled
  /** The graph of the update, where a step has several micro-batches. */
  readonly #update: Compiled | undefined
  readonly #store: StateStore
  readonly #constant: TrainingState
  readonly #microBatches: MicroBatches

  constructor(provider: Provider, program: TrainingProgram, batch: Compiled, update: Compiled | undefined, store: StateStore, constant: TrainingState) {
    this.#provider = provider
    this.#program = program
    this.#batch = batch
    this.#update = update
    this.#store = store
    this.#constant = constant
    this.#microBatches = new MicroBatches(program)
  }

  async accumulate(inputs: NamedHostTensors): Promise<void> {
    this.#microBatches.expect(false)
    await this.#addGradients(inputs)
  }

  async step(inputs: NamedHostTensors, learningRate: number, step: number): Promise<StepResult> {
    this.#microBatches.expect(true)
    const scalars = this.#scalars(learningRate, step)
    const results = this.#update === undefined ? await this.#compute(inputs, this.#store.state(), scalars) : await this.#updateBySum(this.#update, inputs, scalars)
    await this.#store.advance(results)
    return { ...this.#microBatches.mean(), gradientNorm: Number(results[names.norm]?.data[0]) }
  }

  async readState(): Promise<TrainingState> {
    const trained = await this.#store.read()
    const all = (role: Role): NamedHostTensors => ({ ...this.#constant[role], ...trained[role] })
    return { parameters: all('parameters'), firstMoments: all('firstMoments'), secondMoments: all('secondMoments') }
  }

  async dispose(): Promise<void> {
    await this.#store.dispose()
    await this.#batch.session.release()
    await this.#update?.session.release()
  }

  async #updateBySum(update: Compiled, inputs: NamedHostTensors, scalars: NamedOnnx): Promise<OnnxSession.ReturnType> {
    await this.#addGradients(inputs)
    const { feeds, fetches } = this.#store.state()
    return this.#run(update, { ...feeds, ...this.#store.sum(accumulationStepsOf(this.#program)).feeds, ...scalars }, fetches)
  }

  async #addGradients(inputs: NamedHostTensors): Promise<void> {
    const index = this.#microBatches.count
    const sum = this.#store.sum(index)
    this.#store.gather(index, await this.#compute(inputs, { feeds: { ...this.#store.state().feeds, ...sum.feeds }, fetches: sum.fetches }))
  }

  /** Computes one batch and notes what it gave. */
  async #compute(inputs: NamedHostTensors, { feeds, fetches }: Places, scalars: NamedOnnx = {}): Promise<OnnxSession.ReturnType> {
    checkInputs(this.#program.name, this.#program.inputs, inputs)
    const given = Object.keys(this.#program.inputs).flatMap((name): [string, Tensor][] => {
      const tensor = inputs[name]
      return tensor === undefined ? [] : [[inputName(name), toOnnx(this.#provider.runtime, tensor)]]
    })
    const results = await this.#run(this.#batch, { ...feeds, ...scalars, ...Object.fromEntries(given) }, fetches)
    const outputs = Object.entries(results).flatMap(([name, tensor]): [string, HostTensor][] => {
      const output = programOutputName(name)
      return output === undefined ? [] : [[output, fromOnnx(tensor)]]
    })
    this.#microBatches.add({ loss: Number(results[names.loss]?.data[0]), outputs: Object.fromEntries(outputs) })
    return results
  }

  #scalars(learningRate: number, step: number): NamedOnnx {
    const { beta1, beta2 } = this.#program.optimizer
    const numbers = { [names.learningRate]: learningRate, [names.firstCorrection]: 1 - beta1 ** step, [names.secondCorrection]: 1 - beta2 ** step }
    return Object.fromEntries(Object.entries(numbers).map(([name, number]) => [name, new this.#provider.runtime.Tensor('float32', Float32Array.of(number), [])]))
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
    return Object.fromEntries(entries.map(([name, tensor]) => [names.parameter(name), toOnnx(this.#provider.runtime, tensor)]))
  }
}
