import type { ClipPixels } from './clip.ts'

/**
 * Reuses the arrays of earlier batches and clips. Pixels are off-heap and do not trigger garbage collection, so without reuse several
 * batches would wait for it, and each new array would be filled with zeros first, page by page.
 */
export class PixelMemory {
  readonly #free = new Set<ClipPixels>()
  readonly #most: number

  /** @param most arrays that are kept */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most
  }

  /** An array of `length` numbers, which may hold those of an earlier batch. */
  take(length: number): Float32Array {
    for (const array of this.#free)
      if (array instanceof Float32Array && array.length === length) return this.#without(array)
    return new Float32Array(length)
  }

  /** An array of `length` bytes, which may hold those of an earlier clip. */
  takeBytes(length: number): Uint8Array {
    for (const array of this.#free)
      if (array instanceof Uint8Array && array.length === length) return this.#without(array)
    return new Uint8Array(length)
  }

  /** Makes arrays available again that nothing reads or writes any more. */
  release(...arrays: readonly ClipPixels[]): void {
    for (const array of arrays) if (this.#free.size < this.#most) this.#free.add(array)
  }

  #without<A extends ClipPixels>(array: A): A {
    this.#free.delete(array)
    return array
  }
}
