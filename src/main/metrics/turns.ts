/** Turns of jobs that would only slow each other down: of jobs in order, the first is done soonest. */
export class Turns {
  #last: Promise<void> = Promise.resolve()

  /** Waits for the jobs before. Returns a function that ends the turn. */
  async take(): Promise<() => void> {
    const before = this.#last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = promise
    await before
    return resolve
  }
}
