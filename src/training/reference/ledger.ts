import {
  type ReferenceMeasure,
  referenceMeasures,
  referenceTolerances,
  type ReferenceWorst,
} from '#contract/domain/reference.ts'
import type { HostTensor, NamedHostTensors } from '../tensor/host-tensor.ts'
import { refuse } from './refuse.ts'

/** How far one tensor is from what was recorded. */
export interface Comparison {
  readonly measure: ReferenceMeasure
  readonly tensor: string
  readonly error: number
}

/** ‖ours − theirs‖ / ‖theirs‖; the absolute norm where theirs is zero; infinite where the counts differ. */
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

/** What a case expects, and what came of comparing with it. Whatever is expected has to be compared with something. */
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

  /** What was recorded under a name, if anything; it counts as compared. */
  find(name: string): HostTensor | undefined {
    this.#taken.add(name)
    return this.#expected[name]
  }

  take(name: string): HostTensor {
    return this.find(name) ?? refuse(`expected.safetensors holds no tensor ${name}`)
  }

  /** Compares tensors with those recorded under the same names, where there are such. */
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

  /** Refuses a case that expects something which nothing was compared with. */
  finish(): void {
    const left = Object.keys(this.#expected).filter((name) => !this.#taken.has(name))
    if (left.length > 0)
      refuse(
        `expected.safetensors holds ${left.slice(0, 3).join(', ')}${left.length > 3 ? ` and ${left.length - 3} more tensors` : ''}, with which the studio has nothing to compare`,
      )
    if (this.comparisons.length === 0) refuse('expected.safetensors holds nothing to compare with')
  }
}

/** The largest error of each measure. */
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
