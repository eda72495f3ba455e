import type { HostTensor, NamedHostTensors } from '../../tensor/host-tensor.ts'
import type { TrainingProgram } from './engine.ts'

/** Loss and outputs of one micro-batch. */
export interface MicroResult {
  readonly loss: number
  readonly outputs: NamedHostTensors
}

export const accumulationStepsOf = ({ accumulationSteps = 1 }: TrainingProgram): number => accumulationSteps

/** Counts the micro-batches of a step and averages their results. */
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

  /** @throws Error if a step has more or fewer micro-batches than its program, which would change the mean */
  expect(isLast: boolean): void {
    if (isLast !== (this.count === this.#expected - 1)) {
      throw new Error(
        `A step of '${this.#program}' has ${this.#expected} micro-batches; number ${this.count + 1} was passed to ${isLast ? 'step' : 'accumulate'}.`,
      )
    }
  }

  add(result: MicroResult): void {
    this.#results.push(result)
  }

  /** The mean of the step's micro-batches; the next call to `add` starts the next step. */
  mean(): MicroResult & { readonly batchLosses: readonly number[] } {
    const results = this.#results
    this.#results = []
    return { ...meanResult(results), batchLosses: results.map(({ loss }) => loss) }
  }
}

/** Means of loss and outputs, element by element. A single result is returned unchanged. */
export function meanResult(results: readonly MicroResult[]): MicroResult {
  const [first, ...others] = results
  if (first === undefined) throw new Error('A mean needs at least one result.')
  if (others.length === 0) return first
  const outputs = Object.entries(first.outputs).map(([name, output]): [string, HostTensor] => [
    name,
    meanOf([output, ...others.flatMap((other) => other.outputs[name] ?? [])]),
  ])
  return {
    loss: others.reduce((sum, { loss }) => sum + loss, first.loss) / results.length,
    outputs: Object.fromEntries(outputs),
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
