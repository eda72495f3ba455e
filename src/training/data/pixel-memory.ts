/**
 * Memory of batches that are done with, for those to come. Pixels lie outside of V8's heap, where garbage does not hurry its collector:
 * several batches would wait for it, and each new one would first be filled with zeros.
 */
export class PixelMemory {
  readonly #free = new Set<Float32Array>()

  /** Memory for `length` numbers, which may hold those of an earlier batch. */
  take(length: number): Float32Array {
    for (const array of this.#free) {
      if (array.length !== length) continue
      this.#free.delete(array)
      return array
    }
    return new Float32Array(length)
  }

  /** Takes back what nothing reads or writes any more. */
  giveBack(...arrays: readonly Float32Array[]): void {
    for (const array of arrays) this.#free.add(array)
  }
}
