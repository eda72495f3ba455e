import type { HostTensor, NamedHostTensors } from '../../tensor/host-tensor.ts'
import type { TrainingProgram } from './engine.ts'

/** What one micro-batch gave. */
export interface MicroResult {
  readonly loss: number
  readonly outputs: NamedHostTensors
}

export const accumulationStepsOf = ({ accumulationSteps = 1 }: TrainingProgram): number => accumulationSteps

/** Counts the micro-batches of an optimizer step and averages what they gave. */
export class MicroBatches {
  readonly #program: string
  readonly #expected: number
  #results: MicroResult[] = []

  constructor(program: TrainingProgram) {
    this.#program = program.name
    this.#expected = accumulationStepsOf(program)
  }

  /** Micro-batches added since the last mean. */
  get count(): number {
    return this.#results.length
  }

  /** Throws when a step has more or fewer micro-batches than its program says, which would change the mean unseen. */
  expect(isLast: boolean): void {
    if (isLast !== (this.count === this.#expected - 1)) {
      throw new Error(
        `A step of '${this.#program}' has ${this.#expected} micro-batches; number ${this.count + 1} was ${isLast ? 'to be its last' : 'one more'}.`,
      )
    }
  }

  add(result: MicroResult): void {
    this.#results.push(result)
  }

  /** Means over the micro-batches, element by element; begins the next step. */
  mean(): MicroResult {
    const [first, ...others] = this.#results
    if (first === undefined) throw new Error(`'${this.#program}' has computed no micro-batch.`)
    const count = this.count
    this.#results = []
    if (others.length === 0) return first
    const outputs = Object.entries(first.outputs).map(([name, output]): [string, HostTensor] => [
      name,
      meanOf([output, ...others.flatMap((other) => other.outputs[name] ?? [])]),
    ])
    return {
      loss: others.reduce((sum, { loss }) => sum + loss, first.loss) / count,
      outputs: Object.fromEntries(outputs),
    }
  }
}

function meanOf(tensors: readonly HostTensor[]): HostTensor {
  const shape = tensors[0]?.shape ?? []
  const data = Float32Array.from(
    tensors[0]?.data ?? [],
    (_, index) => tensors.reduce((sum, tensor) => sum + (tensor.data[index] ?? 0), 0) / tensors.length,
  )
  return { shape, dtype: 'float32', data }
}
