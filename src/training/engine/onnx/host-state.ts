import type { NamedHostTensors, TrainingProgram, TrainingState } from '../engine.ts'
import { accumulationStepsOf } from '../micro-batches.ts'
import { toOnnx } from './host.ts'
import { HostMemory } from './host-memory.ts'
import { openUpdater, shareUpdate, updateState, type Updater } from './host-update.ts'
import type { Layout } from './layout.ts'
import type { Provider } from './providers.ts'
import type { NamedOnnx, Role } from './roles.ts'
import type { Places, StateStore } from './state-store.ts'

/** The state and the gradients in host memory, each once: what a graph or the optimizer computes is written over what it has read. */
export class HostState implements StateStore {
  readonly #program: TrainingProgram
  /** Whether the runtime writes outputs to the places it is given. Otherwise they are copied there. */
  readonly #fillsPlaces: boolean
  readonly #memory: HostMemory
  readonly #parameters: NamedOnnx
  readonly #gradients: Places
  readonly #updaters: readonly Updater<Promise<number[]>, Promise<void>>[]

  constructor({ runtime, memory }: Provider, program: TrainingProgram, layout: Layout, state: TrainingState) {
    const wrap = (tensors: NamedHostTensors): NamedOnnx => Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, toOnnx(runtime, tensor)]))
    this.#program = program
    this.#fillsPlaces = memory === 'host'
    this.#memory = new HostMemory(layout, state, 1)
    this.#parameters = wrap(this.#memory.parameters())
    const { feeds, fetches } = this.#memory.gradients(0)
    this.#gradients = { feeds: wrap(feeds), fetches: wrap(fetches) }
    this.#updaters = shareUpdate(program, layout, this.#memory.shared, 1).map((share) => {
      const { sum, update } = openUpdater(share)
      return { sum: async (terms) => sum(terms), update: async (schedule) => update(schedule) }
    })
  }

  parameters(): NamedOnnx {
    return this.#parameters
  }

  gradients(index: number): Places {
    if (index === 0 && accumulationStepsOf(this.#program) > 1) this.#memory.clearGradients()
    return this.#fillsPlaces ? this.#gradients : { ...this.#gradients, fetches: {} }
  }

  gather(results: NamedOnnx): void {
    if (this.#fillsPlaces) return
    for (const [name, place] of Object.entries(this.#gradients.fetches)) {
      const data = results[name]?.data
      if (data instanceof Float32Array && place.data instanceof Float32Array) place.data.set(data)
    }
  }

  update(learningRate: number, step: number, lossScale?: number): Promise<number> {
    const terms = accumulationStepsOf(this.#program) * (lossScale ?? 1)
    return updateState(this.#updaters, this.#program.optimizer, { learningRate, step, terms }, lossScale === undefined ? undefined : Number.isFinite)
  }

  read(): Promise<Record<Role, NamedHostTensors>> {
    return Promise.resolve(this.#memory.read())
  }

  dispose(): Promise<void> {
    return Promise.resolve()
  }
}
