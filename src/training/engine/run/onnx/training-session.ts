import type { HostTensor, NamedHostTensors } from '../../../tensor/host-tensor.ts'
import type { StepResult, TrainingProgram, TrainingSession, TrainingState } from '../../program/engine.ts'
import { initialLossScale, nextLossScale, type LossScale } from '../../program/loss-scale.ts'
import { MicroBatches } from '../../program/micro-batches.ts'
import { checkInputs, checkState } from '../../program/state.ts'
import { openDeviceState } from './device-state.ts'
import { names } from './graph-names.ts'
import { HostState } from './host-state.ts'
import { layOut } from './memory-layout.ts'
import { inputName, programOutputName } from './program-io.ts'
import type { Provider } from './providers.ts'
import type { Role } from './roles.ts'
import { numberIn, onHost, openSession, runSession, scalar, type Session } from './runtime.ts'
import { nextGradients, type StateStore } from './state-store.ts'
import { encodeGradients, recordGradients, shapesOf } from './training-graph.ts'

/** Opens a session whose state stays where the provider computes. */
export async function openTraining(
  provider: Provider,
  program: TrainingProgram,
  state: TrainingState,
): Promise<TrainingSession> {
  checkState(program, state)
  const recorded = recordGradients(program, state, provider.recordOptions)
  const { trained } = recorded
  const { bytes, inputNames } = encodeGradients(program, recorded)
  const session = await openSession(
    provider.runtime,
    program.name,
    { bytes },
    {
      ...provider.sessionOptions,
      isAsRecorded: true,
      kept: provider.memory === 'device' ? nextGradients(trained) : [],
    },
  )
  const store =
    provider.memory === 'device'
      ? await openDeviceState(provider, program, trained, state)
      : new HostState(provider, program, layOut([], trained, shapesOf(state)), state)
  const lossScale = provider.recordOptions?.half === undefined ? undefined : (state.lossScale ?? initialLossScale)
  return new OnnxTrainingSession(program, { session, inputNames }, store, withoutTrained(state, trained), lossScale)
}

/** A graph that is ready to run. */
interface Compiled {
  readonly session: Session
  readonly inputNames: ReadonlySet<string>
}

/** What the optimizer never changes: frozen parameters, and those that the loss does not depend on. */
export function withoutTrained(state: TrainingState, trained: readonly string[]): TrainingState {
  const constant = (tensors: NamedHostTensors): NamedHostTensors =>
    Object.fromEntries(Object.entries(tensors).filter(([name]) => !trained.includes(name)))
  return {
    parameters: constant(state.parameters),
    firstMoments: constant(state.firstMoments),
    secondMoments: constant(state.secondMoments),
  }
}

class OnnxTrainingSession implements TrainingSession {
  readonly #program: TrainingProgram
  readonly #gradients: Compiled
  readonly #store: StateStore
  readonly #constant: TrainingState
  /** Parameters that are inputs of the graph and yet not trained: those whose gradient the loss does not give. */
  readonly #constantFeeds: NamedHostTensors
  readonly #microBatches: MicroBatches
  /** Where gradients are computed in half precision. */
  #lossScale: LossScale | undefined
  /** Whether an update has begun and not ended: the state may be half of one step and half of the next. */
  #isUpdating = false

  constructor(
    program: TrainingProgram,
    gradients: Compiled,
    store: StateStore,
    constant: TrainingState,
    lossScale: LossScale | undefined,
  ) {
    this.#program = program
    this.#gradients = gradients
    this.#store = store
    this.#constant = constant
    this.#constantFeeds = Object.fromEntries(
      Object.entries(constant.parameters).map(([name, tensor]) => [names.parameter(name), tensor]),
    )
    this.#microBatches = new MicroBatches(program)
    this.#lossScale = lossScale
  }

  async accumulate(inputs: NamedHostTensors): Promise<void> {
    this.#microBatches.expect(false)
    await this.#addGradients(inputs)
  }

  async step(inputs: NamedHostTensors, learningRate: number, step: number): Promise<StepResult> {
    this.#microBatches.expect(true)
    await this.#addGradients(inputs)
    this.#isUpdating = true
    const { scale, skippedSteps = 0 }: Partial<LossScale> = this.#lossScale ?? {}
    // Moments have seen no skipped step, so their bias is that of the others alone.
    const gradientNorm = await this.#store.update(learningRate, step - skippedSteps, scale)
    this.#isUpdating = false
    return { ...this.#microBatches.mean(), gradientNorm, ...this.#rescale(Number.isFinite(gradientNorm)) }
  }

  /** Sets the scale for the next step. */
  #rescale(hasFitted: boolean): Pick<StepResult, 'scaling'> {
    if (this.#lossScale === undefined) return {}
    this.#lossScale = nextLossScale(this.#lossScale, hasFitted)
    return { scaling: { isSkipped: !hasFitted, scale: this.#lossScale.scale } }
  }

  async readState(): Promise<TrainingState> {
    this.#requireWhole()
    const trained = await this.#store.read()
    const all = (role: Role): NamedHostTensors => ({ ...this.#constant[role], ...trained[role] })
    const scaling = this.#lossScale === undefined ? {} : { lossScale: this.#lossScale }
    return {
      parameters: all('parameters'),
      firstMoments: all('firstMoments'),
      secondMoments: all('secondMoments'),
      ...scaling,
    }
  }

  async dispose(): Promise<void> {
    await this.#store.dispose()
    await this.#gradients.session.release()
  }

  #requireWhole(): void {
    if (this.#isUpdating) throw new Error(`An update of '${this.#program.name}' failed, so its state is lost.`)
  }

  /** Computes the gradients of one batch, adds them to the step's sum and notes what else the batch gave. */
  async #addGradients(inputs: NamedHostTensors): Promise<void> {
    this.#requireWhole()
    checkInputs(this.#program.name, this.#program.inputs, inputs)
    const given = Object.entries(inputs).map(([name, tensor]): [string, HostTensor] => [inputName(name), tensor])
    const { session, inputNames } = this.#gradients
    const sum = this.#store.gradients(this.#microBatches.count)
    const scale = this.#lossScale === undefined ? {} : { [names.lossScale]: scalar(this.#lossScale.scale) }
    const feeds = Object.entries({
      ...this.#store.parameters(),
      ...this.#constantFeeds,
      ...sum.feeds,
      ...scale,
      ...Object.fromEntries(given),
    }).filter(([name]) => inputNames.has(name))
    const results = await runSession(session, this.#program.name, Object.fromEntries(feeds), sum.places)
    this.#store.gather(results)
    const outputs = session.outputNames.flatMap((name): [string, HostTensor][] => {
      const output = programOutputName(name)
      return output === undefined ? [] : [[output, onHost(results, name)]]
    })
    this.#microBatches.add({ loss: numberIn(results, names.loss), outputs: Object.fromEntries(outputs) })
  }
}
