/** The last results by key. The one that was used longest ago is forgotten first. */
export class Recent<Result extends object> {
  readonly #kept: number
  readonly #results = new Map<string, Result>()

  constructor(kept: number) {
    this.#kept = kept
  }

  /** The result of a key, which is computed if it is not there. */
  get(key: string, compute: () => Result): Result {
    const result = this.#results.get(key) ?? compute()
    this.#results.delete(key)
    this.#results.set(key, result)
    const oldest = this.#results.keys().next()
    if (this.#results.size > this.#kept && oldest.done !== true) this.#results.delete(oldest.value)
    return result
  }

  clear(): void {
    this.#results.clear()
  }
}
