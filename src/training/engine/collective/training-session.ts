import type { NamedHostTensors } from '../../tensor/host-tensor.ts'
import type { StepResult, TrainingProgram, TrainingSession, TrainingState } from '../program/engine.ts'
import { accumulationStepsOf, MicroBatches, type MicroResult } from '../program/micro-batches.ts'
import { checkInputs, checkState } from '../program/state.ts'
import { names } from '../run/onnx/graph-names.ts'
import { HostMemory } from '../run/onnx/host-memory.ts'
import { settleAll, shareUpdate, updateState, type Updater } from '../run/onnx/host-update.ts'
import { layOut } from '../run/onnx/memory-layout.ts'
import { programOutputName } from '../run/onnx/program-io.ts'
import { encodeGradients, recordGradients, shapesOf } from '../run/onnx/training-graph.ts'
import { withoutTrained } from '../run/onnx/training-session.ts'
import { fed } from './sharded-inference.ts'
import { Shards, shardSpecs, toShared } from './shards.ts'
import type { Member, MemberSession } from './worker-thread.ts'

/** What the members compute of a step. */
interface Parts {
  /** Each member's graph of gradients; the same graph for all. */
  readonly sessions: readonly MemberSession[]
  readonly inputNames: ReadonlySet<string>
  /** Each member's share of the update. */
  readonly updaters: readonly Updater<Promise<number[]>, Promise<void>>[]
}

/**
 * Opens a session whose batches are shared out among members. Each computes the gradients of its part; then each takes the mean
 * over all members for its share of the parameters, added in the order of the members, and updates them. The result is that of
 * accumulation over as many smaller batches, bit by bit.
 */
export async function openTraining(
  members: readonly Member[],
  program: TrainingProgram,
  state: TrainingState,
): Promise<TrainingSession> {
  checkState(program, state)
  const part = { ...program, inputs: shardSpecs(program.inputs, members.length) }
  const recorded = recordGradients(part, state)
  const { bytes, inputNames } = encodeGradients(part, recorded)
  const memory = new HostMemory(layOut([], recorded.trained, shapesOf(state)), state, members.length)
  const sessions = await settleAll(members.map((member) => member.open(program.name, { bytes }, true)))
  const shares = shareUpdate(program, memory.layout, memory.shared, members.length)
  const updaters = await settleAll(
    members.flatMap((member, index) => (shares[index] === undefined ? [] : [member.share(shares[index])])),
  )
  return new ParallelTrainingSession(
    program,
    { sessions, inputNames, updaters },
    memory,
    withoutTrained(state, recorded.trained),
  )
}

class ParallelTrainingSession implements TrainingSession {
  readonly #program: TrainingProgram
  readonly #parts: Parts
  readonly #shards: Shards
  readonly #memory: HostMemory
  readonly #constant: TrainingState
  /** Parameters that are inputs of the graph and yet not trained: those whose gradient the loss does not give. */
  readonly #constantFeeds: NamedHostTensors
  readonly #microBatches: MicroBatches
  /** Why an update was left half done, after which there is no state to go on from. */
  #failure: unknown

  constructor(program: TrainingProgram, parts: Parts, memory: HostMemory, constant: TrainingState) {
    this.#program = program
    this.#parts = parts
    this.#shards = new Shards(program.inputs, parts.sessions.length)
    this.#memory = memory
    this.#constant = constant
    const unchanged = Object.entries(constant.parameters).map(
      ([name, tensor]) => [names.parameter(name), tensor] as const,
    )
    this.#constantFeeds = toShared(Object.fromEntries(unchanged.filter(([name]) => parts.inputNames.has(name))))
    this.#microBatches = new MicroBatches(program)
  }

  async accumulate(inputs: NamedHostTensors): Promise<void> {
    this.#microBatches.expect(false)
    await this.#compute(inputs)
  }

  async step(inputs: NamedHostTensors, learningRate: number, step: number): Promise<StepResult> {
    this.#microBatches.expect(true)
    await this.#compute(inputs)
    const gradientNorm = await this.#update(learningRate, step)
    return { ...this.#microBatches.mean(), gradientNorm }
  }

  async readState(): Promise<TrainingState> {
    if (this.#failure !== undefined) throw this.#failure
    const trained = this.#memory.read()
    const { parameters, firstMoments, secondMoments } = this.#constant
    return {
      parameters: { ...parameters, ...trained.parameters },
      firstMoments: { ...firstMoments, ...trained.firstMoments },
      secondMoments: { ...secondMoments, ...trained.secondMoments },
    }
  }

  async dispose(): Promise<void> {
    await settleAll(this.#parts.sessions.map((session) => session.release()))
  }

  /** Computes a batch: each member's gradients go to its memory, and the mean of what they gave is noted. */
  async #compute(inputs: NamedHostTensors): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    checkInputs(this.#program.name, this.#program.inputs, inputs)
    const { sessions, inputNames } = this.#parts
    if (this.#microBatches.count === 0 && accumulationStepsOf(this.#program) > 1) this.#memory.clearGradients()
    const parameters = { ...this.#memory.parameters(), ...this.#constantFeeds }
    const shards = this.#shards.cut(inputs)
    const results = await settleAll(
      sessions.map((session, member) => {
        const { feeds, places } = this.#memory.gradients(member)
        const given = Object.entries({ ...parameters, ...feeds }).filter(([name]) => inputNames.has(name))
        return session.run({ ...Object.fromEntries(given), ...fed(shards[member] ?? {}, inputNames) }, places)
      }),
    )
    this.#microBatches.add(meanOf(this.#program, results))
  }

  async #update(learningRate: number, step: number): Promise<number> {
    const terms = this.#parts.sessions.length * accumulationStepsOf(this.#program)
    try {
      return await updateState(this.#parts.updaters, this.#program.optimizer, { learningRate, step, terms })
    } catch (cause) {
      this.#failure = cause
      throw cause
    }
  }
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
