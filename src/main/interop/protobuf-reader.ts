const two32 = 2 ** 32

/**
 * Reads the fields of a protobuf message in their order. `next` moves to a field, then one of the others reads its value; a value
 * that is not read is skipped.
 */
export class ProtobufReader {
  /** Number of the field. */
  field = 0
  readonly #bytes: Buffer
  #at: number
  #type = 0
  #isRead = true

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#at = 0
  }

  /** Moves to the next field. @throws RangeError if the message is not well-formed */
  next(): boolean {
    if (!this.#isRead) this.#skip()
    if (this.#at >= this.#bytes.length) return false
    const key = this.#varint()
    this.field = Math.floor(key / 8)
    this.#type = key % 8
    this.#isRead = false
    return true
  }

  /** A whole number; negative ones are two's complement in 64 bits. Beyond 2^53 it is approximate. */
  whole(): number {
    this.#expect(0)
    return this.#varint(true)
  }

  float(): number {
    this.#expect(5)
    return this.#bytes.readFloatLE(this.#take(4))
  }

  double(): number {
    this.#expect(1)
    return this.#bytes.readDoubleLE(this.#take(8))
  }

  bytes(): Buffer {
    this.#expect(2)
    const length = this.#varint()
    const start = this.#take(length)
    return this.#bytes.subarray(start, start + length)
  }

  text(): string {
    return this.bytes().toString('utf8')
  }

  /** Values of a repeated field of numbers: one, or many that are packed. */
  numbers(read: 'float' | 'double' | 'whole'): number[] {
    if (this.#type !== 2) return [this[read]()]
    const packed = new ProtobufReader(this.bytes())
    const values: number[] = []
    while (packed.#at < packed.#bytes.length) {
      packed.#type = { whole: 0, double: 1, float: 5 }[read]
      values.push(packed[read]())
    }
    return values
  }

  #expect(type: number): void {
    if (this.#type !== type) throw new RangeError(`Field ${this.field} has the wire type ${this.#type}, not ${type}.`)
    this.#isRead = true
  }

  #skip(): void {
    this.#isRead = true
    if (this.#type === 0) this.#varint()
    else if (this.#type === 1) this.#take(8)
    else if (this.#type === 2) this.#take(this.#varint())
    else if (this.#type === 5) this.#take(4)
    else throw new RangeError(`Field ${this.field} has the unknown wire type ${this.#type}.`)
  }

  /** Moves behind some bytes and returns where they begin. */
  #take(length: number): number {
    const start = this.#at
    if (start + length > this.#bytes.length) throw new RangeError(`Field ${this.field} is longer than its message.`)
    this.#at = start + length
    return start
  }

  #varint(isSigned = false): number {
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.#take(1)] ?? 0
      if (shift < 28) low += (byte & 0x7f) * 2 ** shift
      else if (shift === 28) {
        low += (byte & 0x0f) * 2 ** 28
        high += (byte >> 4) & 0x07
      } else high += (byte & 0x7f) * 2 ** (shift - 32)
      if (byte < 0x80) return (isSigned && high >= two32 / 2 ? high - two32 : high) * two32 + low
    }
    throw new RangeError('A number has more than ten bytes.')
  }
}
