/** A set of listeners; `subscribe` returns the function that unsubscribes. */
export class Broadcast<T> {
  readonly #listeners = new Set<(value: T) => void>()

  subscribe(listener: (value: T) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  publish(value: T): void {
    for (const listener of this.#listeners) listener(value)
  }
}
