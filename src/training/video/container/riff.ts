import type { MediaExtent, Source } from './source.ts'

/** Sizes that a writer leaves behind if it could not go back and fill them in. */
const isUnknown = (size: number): boolean => size === 0 || size >= 0x7fff_ff00

/** Extent of the `movi` lists of an AVI file, including the further RIFF chunks of files over 1 GB (OpenDML). */
export function aviExtent(source: Source): MediaExtent | undefined {
  let extent: MediaExtent | undefined
  let position = 0
  while (position < source.size) {
    const riff = source.read(position, 12)
    if (riff.length < 12 || riff.toString('latin1', 0, 4) !== 'RIFF') break
    const size = riff.readUInt32LE(4)
    const riffEnd = isUnknown(size) ? source.size : position + 8 + size + (size % 2)
    const found = moviExtent(source, position + 12, riffEnd)
    extent = found ?? extent
    if (found?.unit === 'block') break
    position = riffEnd
  }
  return extent
}

function moviExtent(source: Source, start: number, riffEnd: number): MediaExtent | undefined {
  for (let position = start; position < Math.min(riffEnd, source.size);) {
    const chunk = source.read(position, 12)
    if (chunk.length < 12) return undefined
    const size = chunk.readUInt32LE(4)
    const isMovi = chunk.toString('latin1', 0, 4) === 'LIST' && chunk.toString('latin1', 8, 12) === 'movi'
    if (isMovi && isUnknown(size)) return { end: walkChunks(source, position + 12), unit: 'block' }
    const end = position + 8 + size
    if (isMovi) return { end, unit: 'all' }
    position = end + (size % 2)
  }
  return undefined
}

/** Position behind the last chunk of a list without a size. */
function walkChunks(source: Source, start: number): number {
  let position = start
  while (position < source.size) {
    const chunk = source.read(position, 12)
    if (chunk.length < 8) return source.size + 1
    const type = chunk.toString('latin1', 0, 4)
    if (!/^[ -~]{4}$/.test(type)) return position
    const size = chunk.readUInt32LE(4)
    position += type === 'LIST' ? 12 : 8 + size + (size % 2)
  }
  return position
}
