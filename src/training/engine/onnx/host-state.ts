import type { HostTensor, NamedHostTensors, TrainingState } from '../engine.ts'
import { view, type Layout } from './layout.ts'
import { names } from './names.ts'
import { bind, bindState, roles, stateFeeds, stateFetches, type Bound, type NamedOnnx, type Role, type StateBuffer } from './state-buffer.ts'
import type { Places, StateStore } from './state-store.ts'
import type { Runtime } from './runtime.ts'
import type { Packing } from './units.ts'

export interface HostStateOptions {
  /** Micro-batches of a step. */
  readonly accumulationSteps: number
  /** Whether the runtime writes outputs to the places it is given. Otherwise they are copied there. */
  readonly fillsPlaces: boolean
}

/** The state in two buffers of host memory: a step reads one and writes the other, so nothing is copied between steps. */
export class HostState implements StateStore {
  readonly #layout: Layout
  readonly #options: HostStateOptions
  #current: StateBuffer
  #spare: StateBuffer
  readonly #bindSum: (memory: Float32Array) => Bound
  /** Memory for the gradients' sum that is not lent from the spare state. */
  readonly #gradients: Float32Array | undefined

  constructor(runtime: Runtime, packing: Packing, layout: Layout, state: TrainingState, options: HostStateOptions) {
    this.#layout = layout
    this.#options = options
    this.#bindSum = (memory) => bind(runtime, layout, packing, names.gradient, memory)
    this.#gradients = options.accumulationSteps > 1 ? new Float32Array(layout.length) : undefined
    this.#current = initialBuffer(runtime, packing, layout, state)
    this.#spare = bindState(runtime, layout, packing)
  }

  state(): Places {
    return this.#places(stateFeeds(this.#current), stateFetches(this.#spare))
  }

  advance(results: NamedOnnx): Promise<void> {
    this.#fill(stateFetches(this.#spare), results)
    ;[this.#current, this.#spare] = [this.#spare, this.#current]
    return Promise.resolve()
  }

  sum(index: number): Places {
    const { from, to } = this.#turn(index)
    if (index === 0) from.memory.fill(0)
    return this.#places(from.feeds, to.fetches)
  }

  gather(index: number, results: NamedOnnx): void {
    this.#fill(this.#turn(index).to.fetches, results)
  }

  read(): Promise<Record<Role, NamedHostTensors>> {
    const read = (role: Role): NamedHostTensors =>
      Object.fromEntries(
        [...this.#layout.slots].map(([name, { shape }]): [string, HostTensor] => [name, { shape, dtype: 'float32', data: view(this.#current[role].memory, this.#layout, name).slice() }]),
      )
    return Promise.resolve({ parameters: read('parameters'), firstMoments: read('firstMoments'), secondMoments: read('secondMoments') })
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

  /**
   * Where the sum of a micro-batch comes from and goes to. The spare state lends one half until the update writes it, and
   * turns alternate so that the last sum of a step, which the update reads, does not lie in what the update writes.
   */
  #turn(index: number): { from: Bound; to: Bound } {
    if (this.#gradients === undefined) throw new Error('A step of one batch sums no gradients.')
    const [own, lent] = [this.#bindSum(this.#gradients), this.#bindSum(this.#spare.firstMoments.memory)]
    return (this.#options.accumulationSteps - index) % 2 === 1 ? { from: lent, to: own } : { from: own, to: lent }
  }
}

/** A buffer that holds what a session begins with. */
export function initialBuffer(runtime: Runtime, packing: Packing, layout: Layout, state: TrainingState): StateBuffer {
  const buffer = bindState(runtime, layout, packing)
  for (const [role] of roles) {
    for (const name of layout.slots.keys()) {
      const tensor = state[role][name]
      if (tensor !== undefined) view(buffer[role].memory, layout, name).set(tensor.data)
    }
  }
  return buffer
}
