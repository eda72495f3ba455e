import type { NamedHostTensors } from '../../tensor/host-tensor.ts'
import type { StepResult, TrainingProgram, TrainingSession, TrainingState } from '../program/engine.ts'
import { initialLossScale, nextLossScale, type LossScale } from '../program/loss-scale.ts'
import { meanResult, MicroBatches, type MicroResult } from '../program/micro-batches.ts'
import { checkInputs, checkState } from '../program/state.ts'
import { needsLossScale } from '../record/half-precision.ts'
import { openDeviceState } from '../run/onnx/device-state.ts'
import { names, type Role } from '../run/onnx/graph-names.ts'
import { layOut } from '../run/onnx/memory-layout.ts'
import { graphInputs, programOutputName } from '../run/onnx/program-io.ts'
import type { Provider } from '../run/onnx/providers.ts'
import { numberIn, onHost, scalar, type NamedOnnx } from '../run/onnx/runtime.ts'
import { type GradientNorms, nextGradients, type StateStore } from '../run/onnx/state-store.ts'
import { encodeGradients, recordGradients, shapesOf } from '../run/onnx/training-graph.ts'
import { localCollective, type Collective, type RankSession } from './collective.ts'
import { openHostState } from './host-state.ts'
import { settleAll } from './settle-all.ts'
import { Shards, shardSpecs } from './shards.ts'

/**
 * Opens a session whose batches are sharded over `threads`, or computed as a whole by the provider. Several ranks give the same bits as
 * accumulation over as many smaller batches.
 */
export async function openTraining(
  provider: Provider,
  program: TrainingProgram,
  state: TrainingState,
  threads?: Collective,
): Promise<TrainingSession> {
  checkState(program, state)
  const shard = { ...program, inputs: shardSpecs(program.inputs, threads?.size ?? 1) }
  const recorded = recordGradients(shard, state, provider.recordOptions)
  const { trained } = recorded
  const model = encodeGradients(shard, recorded)
  // Several cards share a state in host memory, where their gradients are summed.
  const isOnDevice = provider.memory === 'device' && threads === undefined
  const kept = isOnDevice ? nextGradients(trained) : []
  const collective = threads ?? localCollective(provider.runtime, { ...provider.sessionOptions, kept })
  const sessions = await collective.open(program.name, { bytes: model.bytes })
  const store = isOnDevice
    ? await openDeviceState(provider, program, trained, state)
    : await openHostState(provider, collective, program, layOut([], trained, shapesOf(state)), state)
  const untrained = withoutTrained(state, trained)
  const constants = Object.entries(untrained.parameters).flatMap(([name, tensor]) =>
    model.inputNames.has(names.parameter(name)) ? [[names.parameter(name), tensor] as const] : [],
  )
  const ranks = {
    sessions,
    inputNames: model.inputNames,
    shards: new Shards(program.inputs, collective.size),
    constants: collective.broadcast(Object.fromEntries(constants)),
  }
  const lossScale = needsLossScale(provider.recordOptions?.half) ? (state.lossScale ?? initialLossScale) : undefined
  return new CompiledTrainingSession(program, ranks, store, untrained, lossScale)
}

/** What the optimizer never changes: frozen parameters, and those on which the loss does not depend. */
function withoutTrained(state: TrainingState, trained: readonly string[]): TrainingState {
  const untrained = (tensors: NamedHostTensors): NamedHostTensors =>
    Object.fromEntries(Object.entries(tensors).filter(([name]) => !trained.includes(name)))
  return {
    parameters: untrained(state.parameters),
    firstMoments: untrained(state.firstMoments),
    secondMoments: untrained(state.secondMoments),
  }
}

/** What computes gradients. */
interface Ranks {
  /** The same graph on each rank. */
  readonly sessions: readonly RankSession[]
  readonly inputNames: ReadonlySet<string>
  readonly shards: Shards
  /** Inputs of the graph that are not trained: parameters on which the loss does not depend. */
  readonly constants: NamedHostTensors
}

/** A step is gradients → reduce → update: the ranks compute gradients, the store reduces them and updates the state. */
class CompiledTrainingSession implements TrainingSession {
  readonly #program: TrainingProgram
  readonly #ranks: Ranks
  readonly #store: StateStore
  readonly #untrained: TrainingState
  readonly #microBatches: MicroBatches
  /** In float16 only. */
  #lossScale: LossScale | undefined
  /** Why the state cannot be used: an update is under way, or failed half-way. */
  #unusable: unknown

  constructor(
    program: TrainingProgram,
    ranks: Ranks,
    store: StateStore,
    untrained: TrainingState,
    lossScale: LossScale | undefined,
  ) {
    this.#program = program
    this.#ranks = ranks
    this.#store = store
    this.#untrained = untrained
    this.#microBatches = new MicroBatches(program)
    this.#lossScale = lossScale
  }

  async accumulate(inputs: NamedHostTensors): Promise<void> {
    this.#microBatches.expect(false)
    await this.#computeGradients(inputs)
  }

  async step(inputs: NamedHostTensors, learningRate: number, step: number): Promise<StepResult> {
    this.#microBatches.expect(true)
    await this.#computeGradients(inputs)
    const { norm: gradientNorm, byParameter } = await this.#reduceAndUpdate(learningRate, step)
    return {
      ...this.#microBatches.mean(),
      gradientNorm,
      ...(byParameter === undefined ? {} : { gradientNorms: byParameter }),
      ...this.#rescale(Number.isFinite(gradientNorm)),
    }
  }

  async readState(): Promise<TrainingState> {
    this.#requireState()
    const trained = await this.#store.read()
    const all = (role: Role): NamedHostTensors => ({ ...this.#untrained[role], ...trained[role] })
    return {
      parameters: all('parameters'),
      firstMoments: all('firstMoments'),
      secondMoments: all('secondMoments'),
      ...(this.#lossScale === undefined ? {} : { lossScale: this.#lossScale }),
    }
  }

  async dispose(): Promise<void> {
    await this.#store.dispose()
    await settleAll(this.#ranks.sessions.map((session) => session.release()))
  }

  /** Adds the gradients of a micro-batch to the sums of its step, and notes its loss and outputs. */
  async #computeGradients(inputs: NamedHostTensors): Promise<void> {
    this.#requireState()
    checkInputs(this.#program.name, this.#program.inputs, inputs)
    const { sessions, inputNames, shards, constants } = this.#ranks
    const sums = this.#store.gradients(this.#microBatches.count)
    const common = {
      ...this.#store.parameters(),
      ...constants,
      ...(this.#lossScale === undefined ? {} : { [names.lossScale]: scalar(this.#lossScale.scale) }),
    }
    const split = shards.split(inputs)
    const results = await settleAll(
      sessions.map((session, rank) => {
        const feeds = { ...common, ...sums[rank]?.feeds, ...graphInputs(split[rank] ?? {}) }
        const needed = Object.entries(feeds).filter(([name]) => inputNames.has(name))
        return session.run(Object.fromEntries(needed), sums[rank]?.outputs ?? {})
      }),
    )
    this.#store.keepGradients(results)
    this.#microBatches.add(meanResult(results.map(resultOf)))
  }

  async #reduceAndUpdate(learningRate: number, step: number): Promise<GradientNorms> {
    const { scale, skippedSteps = 0 }: Partial<LossScale> = this.#lossScale ?? {}
    this.#unusable = new Error(`The state of '${this.#program.name}' is being updated.`)
    try {
      // Skipped steps did not change the moments, so bias correction does not count them.
      const norms = await this.#store.update(learningRate, step - skippedSteps, scale)
      this.#unusable = undefined
      return norms
    } catch (cause) {
      this.#unusable = cause
      throw cause
    }
  }

  /** Sets the loss scale of the next step. */
  #rescale(isFinite: boolean): Pick<StepResult, 'scaling'> {
    if (this.#lossScale === undefined) return {}
    this.#lossScale = nextLossScale(this.#lossScale, isFinite)
    return { scaling: { isSkipped: !isFinite, scale: this.#lossScale.scale } }
  }

  #requireState(): void {
    if (this.#unusable !== undefined) throw this.#unusable
  }
}

/** Loss and outputs of one shard, from the results of its graph. */
function resultOf(results: NamedOnnx): MicroResult {
  const outputs = Object.keys(results).flatMap((name) => {
    const output = programOutputName(name)
    return output === undefined ? [] : [[output, onHost(results, name)] as const]
  })
  return { loss: numberIn(results, names.loss), outputs: Object.fromEntries(outputs) }
}
