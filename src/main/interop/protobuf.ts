/** Encoders of the fields of a protobuf message; a message is the concatenation of its fields. */

const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

/** A whole number from 0 to 2^53 in groups of seven bits, lowest first. */
function varint(value: number): number[] {
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${value} is not a whole number from 0 on.`)
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  bytes.push(rest)
  return bytes
}

const key = (field: number, type: number): number[] => varint(field * 8 + type)

export const wholeField = (field: number, value: number): Buffer =>
  Buffer.from([...key(field, wireTypes.varint), ...varint(value)])

export const booleanField = (field: number, value: boolean): Buffer => wholeField(field, value ? 1 : 0)

export function doubleField(field: number, value: number): Buffer {
  const bytes = Buffer.from([...key(field, wireTypes.fixed64), 0, 0, 0, 0, 0, 0, 0, 0])
  bytes.writeDoubleLE(value, bytes.length - 8)
  return bytes
}

export function floatField(field: number, value: number): Buffer {
  const bytes = Buffer.from([...key(field, wireTypes.fixed32), 0, 0, 0, 0])
  bytes.writeFloatLE(value, bytes.length - 4)
  return bytes
}

/** Bytes, a text as UTF-8, or the message of these fields. */
export function bytesField(field: number, content: Uint8Array | string | readonly Buffer[]): Buffer {
  const bytes =
    typeof content === 'string'
      ? Buffer.from(content)
      : content instanceof Uint8Array
        ? content
        : Buffer.concat(content)
  return Buffer.concat([Buffer.from([...key(field, wireTypes.bytes), ...varint(bytes.length)]), bytes])
}
