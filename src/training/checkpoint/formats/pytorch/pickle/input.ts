import { type Refuse } from '../../invalid-file.ts'

/** The available bytes end inside the pickle. A caller that has read only the start of the file reads more and tries again. */
export class PickleCutOff extends Error {}

const maxTextBytes = 16 * 2 ** 20
const maxLineBytes = 1024
const maxIntegerBytes = 1024

/** Reads the operands of opcodes in sequence. Lengths are checked before anything is allocated. */
export class PickleInput {
  position = 0
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #refuse: Refuse

  constructor(bytes: Uint8Array, refuse: Refuse) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#refuse = refuse
  }

  uint8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2), true)
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4), true)
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  /** Rounded beyond 2^53; such a length is rejected anyway. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true))
  }

  float64(): number {
    return this.#view.getFloat64(this.#take(8), false)
  }

  /** A whole number in two's complement, little-endian. */
  integer(sizeBytes: number): number | bigint {
    if (sizeBytes < 0 || sizeBytes > maxIntegerBytes) throw this.#refuse(`holds a whole number of ${sizeBytes} bytes`)
    let value = 0n
    for (const byte of this.#slice(sizeBytes).toReversed()) value = (value << 8n) | BigInt(byte)
    const signed = BigInt.asIntN(8 * sizeBytes, value)
    const number = Number(signed)
    return Number.isSafeInteger(number) ? number : signed
  }

  text(sizeBytes: number): string {
    return utf8.decode(this.#span(sizeBytes))
  }

  /** A Python 2 string, one byte per character. */
  byteText(sizeBytes: number): string {
    return latin1.decode(this.#span(sizeBytes))
  }

  /** A copy, so that no value keeps the whole pickle in memory. */
  bytes(sizeBytes: number): Uint8Array {
    return new Uint8Array(this.#span(sizeBytes))
  }

  /** The text up to the end of the line. */
  line(): string {
    const end = this.#bytes.subarray(0, this.position + maxLineBytes).indexOf(0x0a, this.position)
    if (end >= 0) {
      const text = this.text(end - this.position)
      this.position += 1
      return text
    }
    if (this.#bytes.byteLength - this.position < maxLineBytes) throw new PickleCutOff()
    throw this.#refuse(`holds a name longer than ${maxLineBytes} bytes`)
  }

  #span(sizeBytes: number): Uint8Array {
    if (sizeBytes < 0 || sizeBytes > maxTextBytes)
      throw this.#refuse(`holds a string of ${sizeBytes} bytes, more than the ${maxTextBytes} that the studio reads`)
    return this.#slice(sizeBytes)
  }

  #slice(sizeBytes: number): Uint8Array {
    const start = this.#take(sizeBytes)
    return this.#bytes.subarray(start, start + sizeBytes)
  }

  #take(sizeBytes: number): number {
    const start = this.position
    if (start + sizeBytes > this.#bytes.byteLength) throw new PickleCutOff()
    this.position = start + sizeBytes
    return start
  }
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
const latin1 = new TextDecoder('latin1')
