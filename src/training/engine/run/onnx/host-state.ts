import type { NamedHostTensors } from '../../../tensor/host-tensor.ts'
import type { TrainingProgram, TrainingState } from '../../program/engine.ts'
import { accumulationStepsOf } from '../../program/micro-batches.ts'
import { HostMemory } from './host-memory.ts'
import { openUpdater, shareUpdate, updateState, type Updater } from './host-update.ts'
import type { Layout } from './memory-layout.ts'
import type { Provider } from './providers.ts'
import type { Role } from './roles.ts'
import { onHost, type NamedOnnx } from './runtime.ts'
import type { GradientPlaces, StateStore } from './state-store.ts'

/** The state and the gradients in host memory, each once: what a graph or the optimizer computes is written over what it has read. */
export class HostState implements StateStore {
  readonly #program: TrainingProgram
  /** Whether the runtime writes outputs to the places it is given. Otherwise they are copied there. */
  readonly #fillsPlaces: boolean
  readonly #memory: HostMemory
  readonly #parameters: NamedHostTensors
  readonly #gradients: GradientPlaces
  readonly #updaters: readonly Updater<Promise<number[]>, Promise<void>>[]

  constructor({ memory }: Provider, program: TrainingProgram, layout: Layout, state: TrainingState) {
    this.#program = program
    this.#fillsPlaces = memory === 'host'
    this.#memory = new HostMemory(layout, state, 1)
    this.#parameters = this.#memory.parameters()
    this.#gradients = this.#memory.gradients(0)
    this.#updaters = shareUpdate(program, layout, this.#memory.shared, 1).map((share) => {
      const { sum, update } = openUpdater(share)
      return { sum: async (terms) => sum(terms), update: async (schedule) => update(schedule) }
    })
  }

  parameters(): NamedHostTensors {
    return this.#parameters
  }

  gradients(index: number): GradientPlaces {
    if (index === 0 && accumulationStepsOf(this.#program) > 1) this.#memory.clearGradients()
    return this.#fillsPlaces ? this.#gradients : { ...this.#gradients, places: {} }
  }

  gather(results: NamedOnnx): void {
    if (this.#fillsPlaces) return
    for (const [name, { data }] of Object.entries(this.#gradients.places)) data.set(onHost(results, name).data)
  }

  update(learningRate: number, step: number, lossScale?: number): Promise<number> {
    const terms = accumulationStepsOf(this.#program) * (lossScale ?? 1)
    return updateState(
      this.#updaters,
      this.#program.optimizer,
      { learningRate, step, terms },
      lossScale === undefined ? undefined : Number.isFinite,
    )
  }

  read(): Promise<Record<Role, NamedHostTensors>> {
    return Promise.resolve(this.#memory.read())
  }

  dispose(): Promise<void> {
    return Promise.resolve()
  }
}
