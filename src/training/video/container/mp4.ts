import type { MediaExtent, Source } from './source.ts'

/** Extent of the media data boxes of an MP4 or QuickTime file (ISO 14496-12, box sizes). */
export function mp4Extent(source: Source): MediaExtent | undefined {
  let [position, end, isFragmented] = [0, 0, false]
  while (position < source.size) {
    const header = source.read(position, 16)
    if (header.length < 8) {
      // A fragmented file ends within the header of its next box.
      if (isFragmented) end = source.size + 1
      break
    }
    const type = header.toString('latin1', 4, 8)
    if (!/^[ -~\xa9]{4}$/.test(type)) break
    const size = boxSize(header, source.size - position)
    if (size < 8) break
    isFragmented ||= type === 'moof'
    position += size
    if (type === 'mdat' || type === 'moof') end = position
  }
  return end === 0 ? undefined : { end, unit: isFragmented ? 'fragment' : 'all' }
}

/** Size of a box with its header; a size of 0 reaches to the end of the file. */
export function boxSize(header: Buffer, rest: number): number {
  const size = header.readUInt32BE(0)
  if (size === 0) return rest
  if (size !== 1) return size
  return header.length < 16 ? rest + 1 : Number(header.readBigUInt64BE(8))
}
