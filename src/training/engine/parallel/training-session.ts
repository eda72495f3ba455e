import type { NamedHostTensors, StepResult, TrainingProgram, TrainingSession, TrainingState } from '../engine.ts'
import type { OnnxModel } from '../graph/onnx.ts'
import { accumulationStepsOf, MicroBatches, type MicroResult } from '../micro-batches.ts'
import { names } from '../onnx/names.ts'
import { programOutputName } from '../onnx/program.ts'
import { checkInputs, checkState } from '../state.ts'
import { type ParallelGraphs, parallelNames, recordParallel } from './graphs.ts'
import { fed } from './inference-session.ts'
import { type Member, type MemberSession, settleAll } from './member.ts'
import { Shards, shardSpecs } from './shards.ts'
import { SharedState } from './shared-state.ts'

/** A graph that a member is ready to run. */
interface Compiled {
  readonly session: MemberSession
  readonly model: OnnxModel
}

/** A member with what it computes of a step. */
interface Part {
  readonly gradients: Compiled
  /** Its share of the update, where it has one. */
  readonly share: { readonly mean: Compiled; readonly update: Compiled } | undefined
}

/**
 * Opens a session whose batches are shared out among members. Each computes the gradients of its part; then each takes the mean
 * over all members for its share of the parameters, added in the order of the members, and updates them. The result is that of
 * accumulation over as many smaller batches, bit by bit.
 */
export async function openTraining(members: readonly Member[], program: TrainingProgram, state: TrainingState): Promise<TrainingSession> {
  checkState(program, state)
  const batches = accumulationStepsOf(program)
  const graphs = recordParallel({ ...program, inputs: shardSpecs(program.inputs, members.length) }, state, members.length, batches)
  const compile = async (member: Member, model: OnnxModel): Promise<Compiled> => ({ model, session: await member.open(program.name, model) })
  const parts = await settleAll(
    members.map(async (member, index): Promise<Part> => {
      const share = graphs.shares[index]
      const gradients = await compile(member, graphs.gradients)
      return { gradients, share: share === undefined ? undefined : { mean: await compile(member, share.mean), update: await compile(member, share.update) } }
    }),
  )
  return new ParallelTrainingSession(program, graphs, parts, state)
}

class ParallelTrainingSession implements TrainingSession {
  readonly #program: TrainingProgram
  readonly #parts: readonly Part[]
  readonly #shares: readonly NonNullable<Part['share']>[]
  readonly #shards: Shards
  readonly #state: SharedState
  readonly #microBatches: MicroBatches
  /** Why an update was left half done, after which there is no state to go on from. */
  #failure: unknown

  constructor(program: TrainingProgram, graphs: ParallelGraphs, parts: readonly Part[], state: TrainingState) {
    this.#program = program
    this.#parts = parts
    this.#shares = parts.flatMap(({ share }) => share ?? [])
    this.#shards = new Shards(program.inputs, parts.length)
    this.#state = new SharedState(graphs, state, parts.length)
    this.#microBatches = new MicroBatches(program)
  }

  async accumulate(inputs: NamedHostTensors): Promise<void> {
    this.#microBatches.expect(false)
    await this.#compute(inputs)
  }

  async step(inputs: NamedHostTensors, learningRate: number, step: number): Promise<StepResult> {
    this.#microBatches.expect(true)
    await this.#compute(inputs)
    const norm = await this.#takeMean()
    await this.#update(norm, learningRate, step)
    return { ...this.#microBatches.mean(), gradientNorm: norm }
  }

  async readState(): Promise<TrainingState> {
    if (this.#failure !== undefined) throw this.#failure
    return this.#state.read()
  }

  async dispose(): Promise<void> {
    const opened = this.#parts.flatMap(({ gradients, share }) => (share === undefined ? [gradients] : [gradients, share.mean, share.update]))
    await settleAll(opened.map(({ session }) => session.release()))
  }

  /** Computes a batch: each member's gradients go to its memory, and the mean of what they gave is noted. */
  async #compute(inputs: NamedHostTensors): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    checkInputs(this.#program.name, this.#program.inputs, inputs)
    if (this.#microBatches.count === 0 && accumulationStepsOf(this.#program) > 1) this.#state.clearGradients()
    const shards = this.#shards.cut(inputs)
    const results = await settleAll(
      this.#parts.map(({ gradients: { session, model } }, member) => {
        const { feeds, fetches } = this.#state.gradients(member)
        return session.run(pick({ ...this.#state.parameters(), ...feeds, ...fed(shards[member] ?? {}, model.inputNames) }, model), fetches)
      }),
    )
    this.#microBatches.add(meanOf(this.#program, results))
  }

  /** Puts the mean of all gradients in the place of the first member's; returns its norm, summed as a graph of one member sums it. */
  async #takeMean(): Promise<number> {
    const { feeds, fetches } = this.#state.mean()
    const results = await settleAll(this.#shares.map(({ mean: { session, model } }) => session.run(pick(feeds, model), fetches)))
    const squares = results.flatMap((result) => [...(result[parallelNames.squares]?.data ?? [])])
    return Math.fround(Math.sqrt(squares.reduce((sum, square) => Math.fround(sum + square), 0)))
  }

  /** Updates parameters and moments where they lie. */
  async #update(norm: number, learningRate: number, step: number): Promise<void> {
    const { beta1, beta2, clipGradient } = this.#program.optimizer
    const scalars = {
      [names.learningRate]: learningRate,
      [names.firstCorrection]: 1 - beta1 ** step,
      [names.secondCorrection]: 1 - beta2 ** step,
      [parallelNames.gradientScale]: clippingFactor(norm, clipGradient),
    }
    const numbers = Object.entries(scalars).map(([name, number]) => [name, { shape: [], dtype: 'float32', data: Float32Array.of(number) } as const])
    const { feeds, fetches } = this.#state.update()
    const given = { ...feeds, ...Object.fromEntries(numbers) }
    try {
      await settleAll(this.#shares.map(({ update: { session, model } }) => session.run(pick(given, model), fetches)))
    } catch (cause) {
      this.#failure = cause
      throw cause
    }
  }
}

/** As `clippingFactor` of `../gradients.ts`, in single precision like a graph. */
function clippingFactor(norm: number, limit: number): number {
  return Math.min(Math.fround(Math.fround(limit) / Math.fround(norm + Math.fround(1e-6))), 1)
}

/** What a graph takes of `tensors`. */
function pick(tensors: NamedHostTensors, { inputNames }: OnnxModel): NamedHostTensors {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => inputNames.has(name)))
}

/** Mean over the members of what they gave of one batch. */
function meanOf(program: TrainingProgram, results: readonly NamedHostTensors[]): MicroResult {
  const members = new MicroBatches(program)
  for (const { [names.loss]: loss, ...others } of results) {
    const outputs = Object.entries(others).map(([name, tensor]) => [programOutputName(name) ?? name, tensor])
    members.add({ loss: Number(loss?.data[0]), outputs: Object.fromEntries(outputs) })
  }
  return members.mean()
}
