import type { Refuse } from '../../invalid-file.ts'
import type { PickleValue } from './values.ts'

/** The stack of a pickle. Values below the last mark belong to an enclosing object and cannot be reached. */
export class PickleStack {
  readonly #values: PickleValue[] = []
  readonly #marks: number[] = []
  readonly #refuse: Refuse

  constructor(refuse: Refuse) {
    this.#refuse = refuse
  }

  push(value: PickleValue): void {
    this.#values.push(value)
  }

  mark(): void {
    this.#marks.push(this.#values.length)
  }

  top(): PickleValue {
    const value = this.#values.at(-1)
    if (value === undefined || this.#height < 1) throw this.malformed()
    return value
  }

  pop(): PickleValue {
    const value = this.top()
    this.#values.pop()
    return value
  }

  popMany(count: number): PickleValue[] {
    if (this.#height < count) throw this.malformed()
    return this.#values.splice(this.#values.length - count, count)
  }

  popToMark(): PickleValue[] {
    const mark = this.#marks.pop()
    if (mark === undefined) throw this.malformed()
    return this.#values.splice(mark)
  }

  /** Python's POP removes a mark if there is no value above it. */
  discard(): void {
    if (this.#marks.length > 0 && this.#height === 0) this.#marks.pop()
    else this.pop()
  }

  malformed() {
    return this.#refuse('has a pickle with inconsistent opcodes')
  }

  /** Values above the last mark. */
  get #height(): number {
    return this.#values.length - (this.#marks.at(-1) ?? 0)
  }
}
