import { ProtobufReader } from './protobuf-reader.ts'

// Field numbers are those of TensorBoard's event.proto, summary.proto and tensor.proto.

/** Value of a tag at one step. */
export interface TagValue {
  tag: string
  /** Plugin that shows the tag, and its data; named by the first value of a tag only. */
  plugin: string | undefined
  pluginContent: Buffer | undefined
  content:
    | { kind: 'number'; value: number; /** Stored as a plain number, not as a tensor. */ isSimple: boolean }
    | { kind: 'image' | 'audio' | 'histogram' | 'tensor' | 'text' }
}

/** One event of a file. */
export interface EventContent {
  timeMs: number
  step: number
  /** A process began that computes the steps from `step` on again. */
  isRestart: boolean
  values: TagValue[]
}

const sessionLogStart = 1

/** @throws RangeError if the record is not an event */
export function readEvent(record: Buffer): EventContent {
  const event: EventContent = { timeMs: Number.NaN, step: 0, isRestart: false, values: [] }
  const reader = new ProtobufReader(record)
  while (reader.next()) {
    if (reader.field === 1) event.timeMs = reader.double() * 1000
    else if (reader.field === 2) event.step = reader.whole()
    else if (reader.field === 5) {
      const summary = new ProtobufReader(reader.bytes())
      while (summary.next()) if (summary.field === 1) event.values.push(readValue(summary.bytes()))
    } else if (reader.field === 7) {
      const log = new ProtobufReader(reader.bytes())
      while (log.next()) if (log.field === 1) event.isRestart = log.whole() === sessionLogStart
    }
  }
  return event
}

function readValue(bytes: Buffer): TagValue {
  const value: TagValue = { tag: '', plugin: undefined, pluginContent: undefined, content: { kind: 'tensor' } }
  const reader = new ProtobufReader(bytes)
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        value.tag = reader.text()
        break
      case 2:
        value.content = { kind: 'number', value: reader.float(), isSimple: true }
        break
      case 4:
        value.content = { kind: 'image' }
        break
      case 5:
        value.content = { kind: 'histogram' }
        break
      case 6:
        value.content = { kind: 'audio' }
        break
      case 8: {
        const number = scalarOf(reader.bytes())
        value.content =
          number === undefined
            ? { kind: 'tensor' }
            : typeof number === 'string'
              ? { kind: 'text' }
              : { kind: 'number', value: number, isSimple: false }
        break
      }
      case 9:
        readMetadata(reader.bytes(), value)
        break
    }
  }
  return value
}

function readMetadata(bytes: Buffer, value: TagValue): void {
  const metadata = new ProtobufReader(bytes)
  while (metadata.next()) {
    if (metadata.field !== 1) continue
    const plugin = new ProtobufReader(metadata.bytes())
    while (plugin.next()) {
      if (plugin.field === 1) value.plugin = plugin.text()
      else if (plugin.field === 2) value.pluginContent = Buffer.from(plugin.bytes())
    }
  }
}

/** Reads the first element of a tensor's raw content, by data type. */
const contents: Readonly<Record<number, { bytes: number; read: (content: Buffer) => number }>> = {
  1: { bytes: 4, read: (content) => content.readFloatLE(0) },
  2: { bytes: 8, read: (content) => content.readDoubleLE(0) },
  3: { bytes: 4, read: (content) => content.readInt32LE(0) },
  4: { bytes: 1, read: (content) => content.readUInt8(0) },
  5: { bytes: 2, read: (content) => content.readInt16LE(0) },
  6: { bytes: 1, read: (content) => content.readInt8(0) },
  9: { bytes: 8, read: (content) => Number(content.readBigInt64LE(0)) },
  10: { bytes: 1, read: (content) => content.readUInt8(0) },
  14: { bytes: 2, read: (content) => bfloat16(content.readUInt16LE(0)) },
  17: { bytes: 2, read: (content) => content.readUInt16LE(0) },
  19: { bytes: 2, read: (content) => half(content.readUInt16LE(0)) },
  22: { bytes: 4, read: (content) => content.readUInt32LE(0) },
  23: { bytes: 8, read: (content) => Number(content.readBigUInt64LE(0)) },
}
const textType = 7
const bfloat16Type = 14

/** The number of a tensor with one element; a text if it is one; undefined for any other tensor. */
function scalarOf(bytes: Buffer): number | string | undefined {
  let type = 0
  let isSingle = true
  let content: Buffer | undefined
  const values: number[] = []
  let halves: number[] = []
  const reader = new ProtobufReader(bytes)
  while (reader.next()) {
    if (reader.field === 1) type = reader.whole()
    else if (reader.field === 2) isSingle = isSingleElement(reader.bytes())
    else if (reader.field === 4) content = reader.bytes()
    else if (reader.field === 5) values.push(...reader.numbers('float'))
    else if (reader.field === 6) values.push(...reader.numbers('double'))
    else if ([7, 10, 11, 16, 17].includes(reader.field)) values.push(...reader.numbers('whole'))
    else if (reader.field === 13) halves = reader.numbers('whole')
  }
  if (type === textType) return ''
  if (!isSingle) return undefined
  const raw = contents[type]
  if (content !== undefined && content.length > 0)
    return raw !== undefined && raw.bytes === content.length ? raw.read(content) : undefined
  const all = [...values, ...halves.map(type === bfloat16Type ? bfloat16 : half)]
  return all.length === 1 ? all[0] : undefined
}

function isSingleElement(shape: Buffer): boolean {
  let elements = 1
  const reader = new ProtobufReader(shape)
  while (reader.next()) {
    if (reader.field !== 2) continue
    let size = 0
    const dimension = new ProtobufReader(reader.bytes())
    while (dimension.next()) if (dimension.field === 1) size = dimension.whole()
    elements *= size
  }
  return elements === 1
}

function bfloat16(bits: number): number {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt16LE(bits, 2)
  return bytes.readFloatLE(0)
}

/** A number of 16 bits: sign, five bits of exponent, ten of fraction. */
function half(bits: number): number {
  const sign = bits >> 15 === 1 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
