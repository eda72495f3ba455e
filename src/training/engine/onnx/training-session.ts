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
import { asRecorded, openSession, runSession } from './runtime.ts'
import { names } from './names.ts'
import type { NamedOnnx, Role } from './state-buffer.ts'
import { nextGradients, nextState, unitShapes, type StateStore } from './state-store.ts'
import { recordTraining, type TrainingGraph } from './training-graph.ts'

/** A graph that is ready to run. */
interface Compiled {
  readonly session: OnnxSession
  readonly model: OnnxModel
}

/** Opens a session whose state stays where the provider computes. */
export async function openTraining(provider: Provider, program: TrainingProgram, state: TrainingState): Promise<TrainingSession> {
  checkState(program, state)
  const graph = recordTraining(program, state, accumulationStepsOf(program), provider.recordOptions)
  const layout = layOut(graph.packed, graph.single, Object.fromEntries(Object.entries(state.parameters).map(([name, { shape }]) => [name, shape])))
  const compile = async (model: OnnxModel, kept: string[]): Promise<Compiled> => ({
    session: await openSession(provider.runtime, program.name, model, asRecorded(provider.sessionOptions(kept))),
    model,
  })
  const gradients = await compile(graph.gradients, nextGradients(layout.slots.keys()))
  const update = await compile(graph.update, nextState(unitShapes(graph, layout).keys()))
  const store = await openStore(provider, program, graph, layout, state)
  return new OnnxTrainingSession(provider, program, gradients, update, store, withoutTrained(state, layout))
}

function openStore(provider: Provider, program: TrainingProgram, graph: TrainingGraph, layout: Layout, state: TrainingState): Promise<StateStore> {
  if (provider.memory === 'device') return openDeviceState(provider, program.name, graph, layout, state)
  return Promise.resolve(new HostState(provider.runtime, graph, layout, state, { fillsPlaces: provider.memory === 'host', isSummed: accumulationStepsOf(program) > 1 }))
}

/** What the optimizer never changes: frozen parameters, and those that the loss does not depend on. */
function withoutTrained(state: TrainingState, { slots }: Layout): TrainingState {
  const constant = (tensors: NamedHostTensors): NamedHostTensors => Object.fromEntries(Object.entries(tensors).filter(([name]) => !slots.has(name)))
  return { parameters: constant(state.parameters), firstMoments: constant(state.firstMoments), secondMoments: constant(state.secondMoments) }
}

class OnnxTrainingSession implements TrainingSession {
  readonly #provider: Provider
  readonly #program: TrainingProgram
  /** The graph of one batch's gradients. */
  readonly #gradients: Compiled
  readonly #update: Compiled
  readonly #store: StateStore
  readonly #constant: TrainingState
  readonly #microBatches: MicroBatches
  /** Whether an update has begun and not ended: the state may be half of one step and half of the next. */
  #isUpdating = false

  constructor(provider: Provider, program: TrainingProgram, gradients: Compiled, update: Compiled, store: StateStore, constant: TrainingState) {
    this.#provider = provider
    this.#program = program
    this.#gradients = gradients
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
    await this.#addGradients(inputs)
    const { feeds, fetches } = this.#store.state()
    const summed = this.#store.gradients(accumulationStepsOf(this.#program)).feeds
    this.#isUpdating = true
    const results = await this.#run(this.#update, { ...feeds, ...summed, ...this.#scalars(learningRate, step) }, fetches)
    await this.#store.advance(results)
    this.#isUpdating = false
    return { ...this.#microBatches.mean(), gradientNorm: Number(results[names.norm]?.data[0]) }
  }

  async readState(): Promise<TrainingState> {
    this.#requireWhole()
    const trained = await this.#store.read()
    const all = (role: Role): NamedHostTensors => ({ ...this.#constant[role], ...trained[role] })
    return { parameters: all('parameters'), firstMoments: all('firstMoments'), secondMoments: all('secondMoments') }
  }

  async dispose(): Promise<void> {
    await this.#store.dispose()
    await this.#gradients.session.release()
    await this.#update.session.release()
  }

  #requireWhole(): void {
    if (this.#isUpdating) throw new Error(`An update of '${this.#program.name}' failed, so its state is lost.`)
  }

  /** Computes the gradients of one batch, adds them to the step's sum and notes what else the batch gave. */
  async #addGradients(inputs: NamedHostTensors): Promise<void> {
    this.#requireWhole()
    checkInputs(this.#program.name, this.#program.inputs, inputs)
    const given = Object.keys(this.#program.inputs).flatMap((name): [string, Tensor][] => {
      const tensor = inputs[name]
      return tensor === undefined ? [] : [[inputName(name), toOnnx(this.#provider.runtime, tensor)]]
    })
    const index = this.#microBatches.count
    const sum = this.#store.gradients(index)
    const results = await this.#run(this.#gradients, { ...this.#store.state().feeds, ...sum.feeds, ...Object.fromEntries(given) }, sum.fetches)
    this.#store.gather(index, results)
    const outputs = Object.entries(results).flatMap(([name, tensor]): [string, HostTensor][] => {
      const output = programOutputName(name)
      return output === undefined ? [] : [[output, fromOnnx(tensor)]]
    })
    this.#microBatches.add({ loss: Number(results[names.loss]?.data[0]), outputs: Object.fromEntries(outputs) })
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
