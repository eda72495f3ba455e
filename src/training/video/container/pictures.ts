import type { MediaExtent, Source } from './source.ts'

const startOfScan = 0xda
const endOfImage = Buffer.from([0xff, 0xd9])

/** Extent of a JPEG picture: segments with a size up to the first scan, whose data ends with a mark. */
export function jpegExtent(source: Source): MediaExtent | undefined {
  let position = 2
  while (position < source.size) {
    const segment = source.read(position, 4)
    if (segment.length < 4) break
    if (segment[0] !== 0xff) return undefined
    const isFill = segment[1] === 0xff
    position += isFill ? 1 : 2 + segment.readUInt16BE(2)
    if (segment[1] !== startOfScan) continue
    const end = find(source, position, endOfImage)
    return { end: end === undefined ? source.size + 1 : end + endOfImage.length, unit: 'picture' }
  }
  return { end: source.size + 1, unit: 'picture' }
}

/** Extent of a PNG picture: chunks with a size, the last of which is `IEND`. */
export function pngExtent(source: Source): MediaExtent | undefined {
  let position = 8
  while (position < source.size) {
    const chunk = source.read(position, 8)
    if (chunk.length < 8) break
    position += 12 + chunk.readUInt32BE(0)
    if (chunk.toString('latin1', 4, 8) === 'IEND') return { end: position, unit: 'picture' }
  }
  return { end: Math.max(position, source.size + 1), unit: 'picture' }
}

/** Extent of a WebP picture, whose first chunk states the size of all others. */
export function webpExtent(source: Source): MediaExtent | undefined {
  const head = source.read(0, 8)
  return head.length < 8 ? undefined : { end: 8 + head.readUInt32LE(4), unit: 'picture' }
}

const stepBytes = 32_768

/** Position of some bytes at or after `from`; undefined if they do not follow. */
function find(source: Source, from: number, bytes: Buffer): number | undefined {
  for (let position = from; position < source.size; position += stepBytes) {
    const part = source.read(position, stepBytes + bytes.length - 1)
    const found = part.indexOf(bytes)
    if (found !== -1) return position + found
  }
  return undefined
}
