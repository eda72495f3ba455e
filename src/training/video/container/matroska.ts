import type { MediaExtent, Source } from './source.ts'

export const segmentId = 0x18538067
export const clusterId = 0x1f43b675
/** Elements of a segment that hold no media data: seek head, info, tracks, cues, attachments, chapters, tags. */
const otherIds = new Set([0x114d9b74, 0x1549a966, 0x1654ae6b, 0x1c53bb6b, 0x1941a469, 0x1043a770, 0x1254c367])
/** Elements of any level: padding and checksums. */
const globalIds = new Set([0xec, 0xbf])

/** A part of a file (RFC 8794). */
export interface Element {
  readonly id: number
  readonly dataStart: number
  /** Undefined if the writer did not know it, as in a live recording. */
  readonly size: number | undefined
}

/** Extent of the clusters of a Matroska or WebM file (RFC 9559). */
export function matroskaExtent(source: Source): MediaExtent | undefined {
  const header = readElement(source, 0)
  if (header?.size === undefined) return undefined
  const segment = readElement(source, header.dataStart + header.size)
  if (segment?.id !== segmentId) return undefined
  const promisedEnd = segment.size === undefined ? undefined : segment.dataStart + segment.size
  let position = segment.dataStart
  let isMedia = true
  let mediaEnd = position
  while (position < Math.min(source.size, promisedEnd ?? source.size)) {
    const element = readElement(source, position)
    if (element === undefined) break
    isMedia = element.id === clusterId
    if (!isMedia && !otherIds.has(element.id) && !globalIds.has(element.id)) break
    position = element.size === undefined ? walkCluster(source, element.dataStart) : element.dataStart + element.size
    if (isMedia) mediaEnd = position
  }
  if (promisedEnd === undefined) return { end: mediaEnd, unit: 'block' }
  // The last element reaches behind the file. Only its media data counts.
  return { end: position > source.size && !isMedia ? source.size : promisedEnd, unit: 'all' }
}

/** Position behind the last block of a cluster without a size, whether or not the file reaches that far. */
function walkCluster(source: Source, start: number): number {
  let position = start
  while (position < source.size) {
    const element = readElement(source, position)
    // A torn element header is at least one byte longer than the file.
    if (element === undefined) return source.size - position < 12 ? source.size + 1 : position
    if (element.id === clusterId || otherIds.has(element.id) || element.size === undefined) return position
    position = element.dataStart + element.size
  }
  return position
}

/** Undefined if there is no valid element, or the file ends within its header. */
export function readElement(source: Source, position: number): Element | undefined {
  const bytes = source.read(position, 12)
  const idLength = Math.clz32(bytes[0] ?? 0) - 23
  if (idLength > 4 || bytes.length <= idLength) return undefined
  const sizeLength = Math.clz32(bytes[idLength] ?? 0) - 23
  if (sizeLength > 8 || bytes.length < idLength + sizeLength) return undefined
  const sizeBytes = bytes.subarray(idLength, idLength + sizeLength)
  let size = (sizeBytes[0] ?? 0) & (0xff >> sizeLength)
  let isUnknown = size === 0xff >> sizeLength
  for (const byte of sizeBytes.subarray(1)) {
    size = size * 256 + byte
    isUnknown &&= byte === 0xff
  }
  return {
    id: bytes.readUIntBE(0, idLength),
    dataStart: position + idLength + sizeLength,
    size: isUnknown ? undefined : size,
  }
}
