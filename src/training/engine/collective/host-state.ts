import { clippingScale } from '../../optimizer/adamw-kernel/numbers.ts'
import type { NamedHostTensors } from '../../tensor/host-tensor.ts'
import type { TrainingProgram, TrainingState } from '../program/engine.ts'
import { accumulationStepsOf } from '../program/micro-batches.ts'
import type { Role } from '../run/onnx/graph-names.ts'
import type { Layout } from '../run/onnx/memory-layout.ts'
import type { Provider } from '../run/onnx/providers.ts'
import { onHost, type NamedOnnx } from '../run/onnx/runtime.ts'
import type { GradientBuffers, GradientNorms, StateStore } from '../run/onnx/state-store.ts'
import type { Collective, Reduction } from './collective.ts'
import { HostMemory } from './host-memory.ts'
import { updateShares } from './share-update.ts'

/** Opens a state in host memory that the ranks of a collective share. Ranks on cards read parameters from there and write gradients there. */
export async function openHostState(
  { memory }: Pick<Provider, 'memory'>,
  collective: Collective,
  program: TrainingProgram,
  layout: Layout,
  state: TrainingState,
): Promise<StateStore> {
  const hostMemory = new HostMemory(layout, state, collective.size)
  const reduction = await collective.prepareUpdates(updateShares(program, layout, hostMemory.shared, collective.size))
  return new HostState(program, [...layout.slots.keys()], hostMemory, reduction, memory !== 'copied')
}

/** State and gradients in host memory, each held once: graphs and the optimizer overwrite what they have read. */
class HostState implements StateStore {
  readonly #program: TrainingProgram
  readonly #memory: HostMemory
  readonly #reduction: Reduction
  /** Whether the runtime writes outputs into given tensors. Otherwise they are copied there. */
  readonly #writesInPlace: boolean
  readonly #parameters: NamedHostTensors
  readonly #gradients: readonly GradientBuffers[]
  /** Of the trained parameters, in the order of the backward pass. */
  readonly #names: readonly string[]

  constructor(
    program: TrainingProgram,
    names: readonly string[],
    memory: HostMemory,
    reduction: Reduction,
    writesInPlace: boolean,
  ) {
    this.#program = program
    this.#names = names
    this.#memory = memory
    this.#reduction = reduction
    this.#writesInPlace = writesInPlace
    this.#parameters = memory.parameters()
    this.#gradients = memory.gradients()
  }

  parameters(): NamedHostTensors {
    return this.#parameters
  }

  gradients(index: number): readonly GradientBuffers[] {
    if (index === 0 && accumulationStepsOf(this.#program) > 1) this.#memory.clearGradients()
    return this.#writesInPlace ? this.#gradients : this.#gradients.map(({ feeds }) => ({ feeds, outputs: {} }))
  }

  keepGradients(results: readonly NamedOnnx[]): void {
    if (this.#writesInPlace) return
    this.#gradients.forEach(({ outputs }, rank) => {
      for (const [name, { data }] of Object.entries(outputs)) data.set(onHost(results[rank] ?? {}, name).data)
    })
  }

  /** Norms are summed in the order of the parameters, so that the number of ranks does not change a bit. */
  async update(learningRate: number, step: number, lossScale?: number): Promise<GradientNorms> {
    const terms = this.#gradients.length * accumulationStepsOf(this.#program) * (lossScale ?? 1)
    const squares = await this.#reduction.allReduce(terms)
    const norm = Math.fround(Math.sqrt(squares.reduce((sum, square) => sum + square, 0)))
    const norms = {
      norm,
      byParameter: new Map(this.#names.map((name, index) => [name, Math.sqrt(squares[index] ?? 0)])),
    }
    if (lossScale !== undefined && !Number.isFinite(norm)) return norms
    const gradientScale = clippingScale(norm, this.#program.optimizer.clipGradient)
    await this.#reduction.update({ learningRate, step, terms, gradientScale })
    return norms
  }

  read(): Promise<Record<Role, NamedHostTensors>> {
    return Promise.resolve(this.#memory.read())
  }

  dispose(): Promise<void> {
    return Promise.resolve()
  }
}
