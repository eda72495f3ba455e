import type { MediaExtent, Source } from './source.ts'

const tailBytes = 262_144

/** Extent of the tags of a Flash video. */
export function flvExtent(source: Source): MediaExtent | undefined {
  const trailer = source.read(source.size - 4, 4)
  const lastBytes = trailer.length === 4 ? trailer.readUInt32BE(0) : 0
  const last = source.read(source.size - 4 - lastBytes, 4)
  // Each tag is followed by its size, so a whole file can be recognised from its end.
  if (lastBytes > 11 && last.length === 4 && last.readUIntBE(1, 3) + 11 === lastBytes)
    return { end: Math.max(source.size, statedFlvBytes(source)), unit: 'all' }
  const header = source.read(0, 9)
  if (header.length < 9) return { end: 9, unit: 'packet' }
  let position = header.readUInt32BE(5) + 4
  while (position < source.size) {
    const tag = source.read(position, 4)
    if (tag.length < 4) return { end: source.size + 1, unit: 'packet' }
    if (![8, 9, 18].includes((tag[0] ?? 0) & 0x1f)) return undefined
    position += 11 + tag.readUIntBE(1, 3) + 4
  }
  return { end: position, unit: 'packet' }
}

/** The file size that many writers put into the metadata; 0 if there is none. */
function statedFlvBytes(source: Source): number {
  const key = Buffer.from('\0\x08filesize\0', 'latin1')
  const head = source.read(0, 4096)
  const at = head.indexOf(key)
  const value = head.subarray(at + key.length, at + key.length + 8)
  return at < 0 || value.length < 8 ? 0 : value.readDoubleBE(0)
}

const tsSync = 0x47
const tsPacketBytes = [188, 192, 204] as const

/** Position of the first sync byte of a transport stream and the distance to the next; undefined if it is none. */
export function findTransportPackets(head: Buffer): { first: number; packetBytes: number } | undefined {
  for (let first = 0; first < tsPacketBytes[2]; first++) {
    if (head[first] !== tsSync) continue
    for (const packetBytes of tsPacketBytes)
      if ([1, 2, 3, 4].every((index) => head[first + index * packetBytes] === tsSync)) return { first, packetBytes }
  }
  return undefined
}

/** Extent of the packets of an MPEG transport stream: 188 bytes, with a time stamp 192 (M2TS), with parity 204. */
export function transportExtent(source: Source): MediaExtent | undefined {
  const found = findTransportPackets(source.read(0, 5 * tsPacketBytes[2]))
  if (found === undefined) return undefined
  const { first, packetBytes } = found
  // A time stamp of four bytes precedes the packets of M2TS.
  const start = packetBytes === 192 ? first - 4 : first
  const whole = Math.floor((source.size - start) / packetBytes)
  const rest = (source.size - start) % packetBytes
  const isInStep = source.read(first + (whole - 1) * packetBytes, 1)[0] === tsSync
  const next = source.read(first + whole * packetBytes, 1)
  if (!isInStep || (next.length === 1 && next[0] !== tsSync)) return { end: source.size, unit: 'packet' }
  return { end: source.size + (rest === 0 ? 0 : packetBytes - rest), unit: 'packet' }
}

/** Extent of the packets of an MPEG program stream, from its last pack header on. */
export function programExtent(source: Source): MediaExtent | undefined {
  const tailStart = Math.max(0, source.size - tailBytes)
  const tail = source.read(tailStart, tailBytes)
  let position = tail.lastIndexOf(Buffer.from([0, 0, 1, 0xba]))
  if (position < 0) return undefined
  while (position < tail.length) {
    const rest = tail.subarray(position)
    // Zeros may fill the end.
    if (rest.every((byte) => byte === 0)) return { end: source.size, unit: 'packet' }
    if (rest.length < 6) return { end: source.size + (rest[3] === 0xb9 ? 0 : 1), unit: 'packet' }
    if (rest.readUIntBE(0, 3) !== 1) return undefined
    const code = rest[3] ?? 0
    if (code === 0xb9) return { end: source.size, unit: 'packet' }
    if (code < 0xb9) return undefined
    // A pack header has 12 bytes in MPEG-1, and 14 with stuffing in MPEG-2.
    const isSecond = ((rest[4] ?? 0) & 0xc0) === 0x40
    position += code !== 0xba ? 6 + rest.readUInt16BE(4) : isSecond ? 14 + ((rest[13] ?? 0) & 7) : 12
  }
  return { end: tailStart + position, unit: 'packet' }
}

const oggHeaderBytes = 27

/** Extent of the pages of an Ogg file (RFC 3533). */
export function oggExtent(source: Source): MediaExtent | undefined {
  const tailStart = Math.max(0, source.size - tailBytes)
  const tail = source.read(tailStart, tailBytes)
  const last = tail.lastIndexOf('OggS')
  if (last < 0) return undefined
  const page = tail.subarray(last)
  const segments = page[26] ?? 0
  const lacing = page.subarray(oggHeaderBytes, oggHeaderBytes + segments)
  if (page.length < oggHeaderBytes || lacing.length < segments) return { end: source.size + 1, unit: 'page' }
  const bytes = oggHeaderBytes + segments + lacing.reduce((sum, length) => sum + length, 0)
  // A last segment of 255 bytes means that the packet continues on the next page.
  const isContinued = lacing.at(-1) === 255
  return { end: tailStart + last + bytes + (isContinued && page.length <= bytes ? 1 : 0), unit: 'page' }
}

const gifImage = 0x2c
const gifExtension = 0x21
const gifTrailer = 0x3b

/** Extent of a GIF: its pictures and extensions, which a trailer byte ends. */
export function gifExtent(source: Source): MediaExtent | undefined {
  const byteAt = (position: number): number => source.read(position, 1)[0] ?? 0
  let position = 13 + paletteBytes(byteAt(10))
  while (position < source.size) {
    const kind = byteAt(position)
    if (kind === gifTrailer) return { end: position + 1, unit: 'picture' }
    // A picture has a description of nine bytes, a palette and the size of its codes before its data, an extension one byte.
    if (kind === gifImage) position += 11 + paletteBytes(byteAt(position + 9))
    else if (kind === gifExtension) position += 2
    else return undefined
    // The data are blocks of up to 255 bytes, each after its size; one without bytes ends them.
    for (let size = byteAt(position); size > 0; size = byteAt(position)) position += 1 + size
    position += 1
  }
  return { end: source.size + 1, unit: 'picture' }
}

/** Bytes of the palette that the flags of a screen or a picture announce. */
const paletteBytes = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1))

/** Extent of the frames of an IVF file: each has a header of 12 bytes. */
export function ivfExtent(source: Source): MediaExtent | undefined {
  const header = source.read(0, 8)
  if (header.length < 8) return undefined
  let position = header.readUInt16LE(6)
  while (position < source.size) {
    const frame = source.read(position, 12)
    position += frame.length < 12 ? 12 : 12 + frame.readUInt32LE(0)
  }
  return { end: position, unit: 'packet' }
}
