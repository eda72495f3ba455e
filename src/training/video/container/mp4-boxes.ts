import { requirePlain } from './source.ts'

/** The boxes in a box of an MP4 file, by their types (ISO 14496-12, section 4.2). */
export class Boxes {
  readonly #boxes = new Map<string, Buffer[]>()

  /** @throws NotPlain if their sizes do not add up, or there is a box of a type that is not known */
  constructor(bytes: Buffer, known: ReadonlySet<string>) {
    for (let position = 0; position < bytes.length;) {
      const size = bytes.readUInt32BE(position)
      const type = bytes.toString('latin1', position + 4, position + 8)
      requirePlain(size >= 8 && position + size <= bytes.length && known.has(type))
      const others = this.#boxes.get(type)
      const content = bytes.subarray(position + 8, position + size)
      if (others === undefined) this.#boxes.set(type, [content])
      else others.push(content)
      position += size
    }
  }

  all(type: string): readonly Buffer[] {
    return this.#boxes.get(type) ?? []
  }

  /** @throws NotPlain if there are several */
  optional(type: string): Buffer | undefined {
    const [box, ...others] = this.all(type)
    requirePlain(others.length === 0)
    return box
  }

  /** @throws NotPlain unless there is exactly one */
  one(type: string): Buffer {
    const box = this.optional(type)
    requirePlain(box !== undefined)
    return box
  }
}

/**
 * Whether a box has its numbers in 64 bits.
 * @throws NotPlain if its version is neither 0 nor 1
 */
export function isLong(box: Buffer): boolean {
  const version = box.readUInt8(0)
  requirePlain(version <= 1)
  return version === 1
}

/** What FFmpeg can express in a fraction without rounding it. */
export const largestTerm = 2 ** 31 - 1

/** Units per second and seconds of a movie or a track. */
export function clockOf(head: Buffer): { scale: number; seconds: number } {
  const [scale, duration] = isLong(head)
    ? [head.readUInt32BE(20), Number(head.readBigUInt64BE(24))]
    : [head.readUInt32BE(12), head.readUInt32BE(16)]
  requirePlain(scale > 0 && scale <= largestTerm)
  return { scale, seconds: duration / scale }
}

/**
 * Number of the entries of a table, which follow its version and flags.
 * @throws NotPlain if there are none, or the box is too short for them
 */
export function entriesOf(table: Buffer, entryBytes: number): number {
  const count = table.readUInt32BE(4)
  requirePlain(count > 0 && 8 + count * entryBytes <= table.length)
  return count
}
