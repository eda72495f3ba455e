import type { MediaExtent, Source } from './source.ts'

/** Extent of the chunks of a RealMedia file: a name, then a size in which both count. */
export function realMediaExtent(source: Source): MediaExtent | undefined {
  for (let position = 0; position < source.size;) {
    const chunk = source.read(position, 8)
    if (chunk.length < 8) return { end: source.size + 1, unit: 'packet' }
    const size = chunk.readUInt32BE(4)
    if (size < 8) return undefined
    position += size
    if (chunk.toString('latin1', 0, 4) === 'DATA') return { end: position, unit: 'all' }
  }
  return undefined
}

const keyBytes = 16

/** Extent of the items of an MXF file: a key, a length in one or more bytes (BER), and a value. */
export function mxfExtent(source: Source): MediaExtent | undefined {
  let position = 0
  while (position < source.size) {
    const item = source.read(position, keyBytes + 9)
    if (item.toString('hex', 0, 4) !== mxfKey.slice(0, 2 * Math.min(4, item.length))) return undefined
    const first = item[keyBytes]
    const lengthBytes = first === undefined || first < 0x80 ? 0 : first & 0x7f
    if (first === 0x80 || lengthBytes > 8) return undefined
    if (first === undefined || item.length < keyBytes + 1 + lengthBytes) return { end: source.size + 1, unit: 'packet' }
    const length =
      lengthBytes === 0 ? first : Number(`0x${item.toString('hex', keyBytes + 1, keyBytes + 1 + lengthBytes)}`)
    position += keyBytes + 1 + lengthBytes + length
  }
  return { end: position, unit: 'packet' }
}

/** The first bytes of every key. */
export const mxfKey = '060e2b34'
