import {
  type ReferenceMeasure,
  referenceMeasures,
  referenceTolerances,
  type ReferenceWorst,
} from '#contract/domain/reference.ts'
import type { HostTensor, NamedHostTensors } from '../tensor/host-tensor.ts'
import { refuse } from './refuse.ts'

/** Difference of one tensor from its recorded values. */
export interface Comparison {
  readonly measure: ReferenceMeasure
  readonly tensor: string
  readonly error: number
}

/** ‖ours − theirs‖ / ‖theirs‖; the absolute norm if theirs is zero; infinite if the lengths differ. */
export function distance(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  if (ours.length !== theirs.length) return Infinity
  let difference = 0
  let norm = 0
  for (let index = 0; index < theirs.length; index++) {
    const value = theirs[index] ?? 0
    difference += ((ours[index] ?? 0) - value) ** 2
    norm += value ** 2
  }
  return Math.sqrt(difference) / (norm === 0 ? 1 : Math.sqrt(norm))
}

/** The expected tensors of a case and the comparisons with them. Every expected tensor must be compared. */
export class Ledger {
  readonly comparisons: Comparison[] = []
  readonly #expected: NamedHostTensors
  readonly #taken = new Set<string>()

  constructor(expected: NamedHostTensors) {
    this.#expected = expected
  }

  has(name: string): boolean {
    return this.#expected[name] !== undefined
  }

  /** The recorded tensor of that name, if any; it counts as compared. */
  find(name: string): HostTensor | undefined {
    this.#taken.add(name)
    return this.#expected[name]
  }

  take(name: string): HostTensor {
    return this.find(name) ?? refuse(`expected.safetensors holds no tensor ${name}`)
  }

  /** Compares tensors with the recorded tensors of the same names, if there are any. */
  compare(measure: ReferenceMeasure, ours: NamedHostTensors): void {
    for (const [name, tensor] of Object.entries(ours)) {
      const theirs = this.find(name)
      if (theirs === undefined) continue
      this.add(
        measure,
        name,
        tensor.shape.join() === theirs.shape.join() || theirs.data.length === 1
          ? distance(tensor.data, theirs.data)
          : Infinity,
      )
    }
  }

  add(measure: ReferenceMeasure, tensor: string, error: number): void {
    this.comparisons.push({ measure, tensor, error })
  }

  /** Rejects a case with an expected tensor that was not compared. */
  finish(): void {
    const left = Object.keys(this.#expected).filter((name) => !this.#taken.has(name))
    if (left.length > 0)
      refuse(
        `expected.safetensors holds ${left.slice(0, 3).join(', ')}${left.length > 3 ? ` and ${left.length - 3} more tensors` : ''}, which the studio does not compute`,
      )
    if (this.comparisons.length === 0) refuse('expected.safetensors has no tensor to compare with')
  }
}

/** The largest error of each kind. */
export function worstOf(comparisons: readonly Comparison[]): ReferenceWorst[] {
  return referenceMeasures.flatMap((measure) => {
    const [worst] = comparisons
      .filter((comparison) => comparison.measure === measure)
      .toSorted((a, b) => (rank(a) < rank(b) ? 1 : -1))
    if (worst === undefined) return []
    const tolerance = referenceTolerances[measure]
    return [
      {
        measure,
        tensor: worst.tensor,
        error: Number.isFinite(worst.error) ? worst.error : null,
        tolerance,
        passed: worst.error <= tolerance,
      },
    ]
  })
}

const rank = ({ error }: Comparison): number => (Number.isNaN(error) ? Infinity : error)
