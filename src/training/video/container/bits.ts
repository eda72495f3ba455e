/**
 * Reads numbers of some bits from bytes, the highest bit first. Behind the end, all bits are 0, and `isPastEnd` is true.
 */
export class BitReader {
  readonly #bytes: Uint8Array
  #position = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isPastEnd(): boolean {
    return this.#position > this.#bytes.length * 8
  }

  /** @param count up to 32 */
  read(count: number): number {
    let value = 0
    for (let index = 0; index < count; index++) {
      const byte = this.#bytes[this.#position >> 3] ?? 0
      value = value * 2 + ((byte >> (7 - (this.#position & 7))) & 1)
      this.#position += 1
    }
    return value
  }

  flag(): boolean {
    return this.read(1) === 1
  }

  /** A number in the code of Exp-Golomb (ITU-T H.264, section 9.1): as many zeros as bits follow the next one. */
  golomb(): number {
    let zeros = 0
    while (zeros < 32 && !this.isPastEnd && !this.flag()) zeros += 1
    return 2 ** zeros - 1 + this.read(zeros)
  }
}
