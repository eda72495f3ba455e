/**
 * Reuses the arrays of earlier batches. Pixels are off-heap and do not trigger garbage collection, so without reuse several
 * batches would wait for it, and each new array would be filled with zeros first.
 */
export class PixelMemory {
  readonly #free = new Set<Float32Array>()

  /** An array of `length` numbers, which may hold those of an earlier batch. */
  take(length: number): Float32Array {
    for (const array of this.#free) {
      if (array.length !== length) continue
      this.#free.delete(array)
      return array
    }
    return new Float32Array(length)
  }

  /** Makes arrays available again that nothing reads or writes any more. */
  release(...arrays: readonly Float32Array[]): void {
    for (const array of arrays) this.#free.add(array)
  }
}
