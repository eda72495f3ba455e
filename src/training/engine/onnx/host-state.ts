import type { NamedHostTensors, TrainingState } from '../engine.ts'
import type { Layout } from './layout.ts'
import { bindGradients, bindState, readBuffer, stateFeeds, stateFetches, type Bound, type NamedOnnx, type Role, type StateBuffer } from './state-buffer.ts'
import type { Places, StateStore } from './state-store.ts'
import type { Runtime } from './runtime.ts'
import type { Packing } from './units.ts'

export interface HostStateOptions {
  /** Whether the runtime writes outputs to the places it is given. Otherwise they are copied there. */
  readonly fillsPlaces: boolean
  /** Whether gradients are added to those before. Otherwise they are written over them. */
  readonly isSummed: boolean
}

/** The state and the gradients in host memory, each once: what a graph computes is written over what it has read. */
export class HostState implements StateStore {
  readonly #layout: Layout
  readonly #options: HostStateOptions
  readonly #state: StateBuffer
  readonly #gradients: Bound

  constructor(runtime: Runtime, packing: Packing, layout: Layout, state: TrainingState, options: HostStateOptions) {
    this.#layout = layout
    this.#options = options
    this.#state = bindState(runtime, layout, packing, state)
    this.#gradients = bindGradients(runtime, layout)
  }

  state(): Places {
    return this.#places(stateFeeds(this.#state), stateFetches(this.#state))
  }

  advance(results: NamedOnnx): Promise<void> {
    this.#fill(stateFetches(this.#state), results)
    return Promise.resolve()
  }

  gradients(index: number): Places {
    if (index === 0 && this.#options.isSummed) this.#gradients.memory.fill(0)
    return this.#places(this.#gradients.feeds, this.#gradients.fetches)
  }

  gather(_index: number, results: NamedOnnx): void {
    this.#fill(this.#gradients.fetches, results)
  }

  read(): Promise<Record<Role, NamedHostTensors>> {
    return Promise.resolve(readBuffer(this.#state, this.#layout))
  }

  dispose(): Promise<void> {
    return Promise.resolve()
  }

  #places(feeds: NamedOnnx, fetches: NamedOnnx): Places {
    return { feeds, fetches: this.#options.fillsPlaces ? fetches : {} }
  }

  #fill(places: NamedOnnx, results: NamedOnnx): void {
    if (this.#options.fillsPlaces) return
    for (const [name, place] of Object.entries(places)) {
      const data = results[name]?.data
      if (data instanceof Float32Array && place.data instanceof Float32Array) place.data.set(data)
    }
  }
}
