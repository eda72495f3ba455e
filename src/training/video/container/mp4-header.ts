import type { Size } from '../../data/geometry.ts'
import { plainH264Size } from './h264.ts'
import { boxSize } from './mp4.ts'
import { type PlainHeader, requirePlain, type Source } from './source.ts'

const inFile = new Set(['ftyp', 'moov', 'mdat', 'free', 'skip', 'wide'])
const inMovie = new Set(['mvhd', 'trak', 'udta', 'iods'])
const inTrack = new Set(['tkhd', 'edts', 'mdia', 'udta'])
const inMedia = new Set(['mdhd', 'hdlr', 'minf'])
const inTable = new Set('stsd stts stsz stsc stco co64 stss ctts cslg sdtp sgpd sbgp'.split(' '))
const inDescription = new Set(['avcC', 'colr', 'pasp', 'btrt'])

const mostIndexBytes = 2 ** 26
/** A description of video has so many bytes before its boxes (ISO 14496-12, section 12.1.3). */
const descriptionBytes = 78
const upright = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000]
/** What FFmpeg can express in a fraction without rounding it. */
const largestTerm = 2 ** 31 - 1
/** Frames by which lengths may differ: they are rounded, and writers of B-frames count one more. */
const tolerance = 1.1
const [parameterSet, lastOfSlices] = [7, 5]

/**
 * What the index of an MP4 or QuickTime file says (ISO 14496-12): of one stream of H.264 that is shown upright and from its first frame to its last one, perhaps with
 * sound. An index that contradicts itself is not plain.
 * @throws NotPlain, or RangeError if a box is shorter than what it should have
 */
export function mp4Header(source: Source): PlainHeader {
  const movie = new Boxes(indexOf(source), inMovie)
  const movieHead = movie.one('mvhd')
  requireUpright(movieHead, { short: 36, long: 48 })
  requireNoCover(movie)
  const tracks = movie.all('trak').map((bytes) => {
    const track = new Boxes(bytes, inTrack)
    requireNoCover(track)
    const media = new Boxes(track.one('mdia'), inMedia)
    return { track, media, kind: media.one('hdlr').toString('latin1', 8, 12) }
  })
  requirePlain(tracks.every(({ kind }) => kind === 'vide' || kind === 'soun'))
  const [video, ...others] = tracks.filter(({ kind }) => kind === 'vide')
  requirePlain(video !== undefined && others.length === 0)
  const { track, media } = video
  requireUpright(track.one('tkhd'), { short: 40, long: 52 })
  const tables = new Boxes(new Boxes(media.one('minf')).one('stbl'), inTable)
  const { scale, seconds } = clockOf(media.one('mdhd'))
  const { frameCount, duration, firstDelay } = framesOf(tables)
  requirePlain(frameCount * scale <= largestTerm && duration <= largestTerm)
  const frameRate = (frameCount * scale) / duration
  const isWhole = (other: number) => Math.abs(other - duration / scale) * frameRate < tolerance
  requirePlain(isWhole(seconds))
  const edit = editOf(track)
  if (edit !== undefined) requirePlain(edit.start === firstDelay && isWhole(edit.duration / clockOf(movieHead).scale))
  return { ...sizeOf(tables, source), frameCount, frameRate, codec: 'h264', pixelFormat: 'yuv420p' }
}

/** The boxes in a box, by their types. */
class Boxes {
  readonly #boxes = new Map<string, Buffer[]>()

  /** @throws NotPlain if their sizes do not add up, or there is a box of a type that is not known */
  constructor(bytes: Buffer, known?: ReadonlySet<string>) {
    for (let position = 0; position < bytes.length;) {
      const size = bytes.readUInt32BE(position)
      const type = bytes.toString('latin1', position + 4, position + 8)
      requirePlain(size >= 8 && position + size <= bytes.length && known?.has(type) !== false)
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

  optional(type: string): Buffer | undefined {
    const [box, ...others] = this.all(type)
    requirePlain(others.length === 0)
    return box
  }

  one(type: string): Buffer {
    const box = this.optional(type)
    requirePlain(box !== undefined)
    return box
  }
}

/** The content of the only `moov` box of a file. */
function indexOf(source: Source): Buffer {
  let index: Buffer | undefined
  for (let position = 0; position < source.size;) {
    const header = source.read(position, 16)
    const type = header.toString('latin1', 4, 8)
    const size = boxSize(header, source.size - position)
    requirePlain(inFile.has(type) && size >= 8 && position > 0 === (type !== 'ftyp'))
    if (type === 'moov') {
      requirePlain(index === undefined && size <= mostIndexBytes)
      index = source.read(position + 8, size - 8)
    }
    position += size
  }
  requirePlain(index !== undefined)
  return index
}

/** Some boxes have numbers of 64 bits in their version 1. */
const isLong = (box: Buffer): boolean => box[0] === 1

/** Units per second and length of a movie or a track. */
function clockOf(head: Buffer): { scale: number; seconds: number } {
  const [scale, duration] = isLong(head)
    ? [head.readUInt32BE(20), Number(head.readBigUInt64BE(24))]
    : [head.readUInt32BE(12), head.readUInt32BE(16)]
  requirePlain(scale > 0)
  return { scale, seconds: duration / scale }
}

/** @param at where the matrix of a box is */
function requireUpright(head: Buffer, at: { short: number; long: number }): void {
  const start = isLong(head) ? at.long : at.short
  requirePlain(upright.every((value, index) => head.readInt32BE(start + 4 * index) === value))
}

/** A picture of a cover is a stream to FFmpeg. */
function requireNoCover(boxes: Boxes): void {
  requirePlain(boxes.all('udta').every((box) => !box.includes('covr')))
}

/** Number of frames, their length together, and when the first one is shown after it could be decoded, both in units of the track. */
function framesOf(tables: Boxes): { frameCount: number; duration: number; firstDelay: number } {
  const frameCount = tables.one('stsz').readUInt32BE(8)
  const times = tables.one('stts')
  let [timed, duration] = [0, 0]
  for (let entry = 0; entry < times.readUInt32BE(4); entry++) {
    const [count, length] = [times.readUInt32BE(8 + 8 * entry), times.readUInt32BE(12 + 8 * entry)]
    requirePlain(length > 0)
    timed += count
    duration += count * length
  }
  requirePlain(frameCount > 0 && timed === frameCount)
  const keyFrames = tables.optional('stss')
  requirePlain(keyFrames === undefined || keyFrames.readUInt32BE(8) === 1)
  return { frameCount, duration, firstDelay: tables.optional('ctts')?.readInt32BE(12) ?? 0 }
}

/** The only edit of a track, in units of the movie and of the track; undefined if all of it is shown. */
function editOf(track: Boxes): { duration: number; start: number } | undefined {
  const edits = track.optional('edts')
  const list = edits === undefined ? undefined : new Boxes(edits).optional('elst')
  if (list === undefined) return undefined
  const [duration, start, rate] = isLong(list)
    ? [Number(list.readBigUInt64BE(8)), Number(list.readBigInt64BE(16)), list.readInt32BE(24)]
    : [list.readUInt32BE(8), list.readInt32BE(12), list.readInt32BE(16)]
  requirePlain(list.readUInt32BE(4) === 1 && rate === 0x10000)
  return { duration, start }
}

/** Size of the frames, on which the index, the parameters beside it and those before the first frame agree. */
function sizeOf(tables: Boxes, source: Source): Size {
  const descriptions = tables.one('stsd')
  requirePlain(descriptions.readUInt32BE(4) === 1)
  const description = new Boxes(descriptions.subarray(8)).one('avc1')
  const stated = { width: description.readUInt16BE(24), height: description.readUInt16BE(26) }
  const boxes = new Boxes(description.subarray(descriptionBytes), inDescription)
  const colours = boxes.optional('colr')
  if (colours !== undefined) requirePlain(hasLimitedRange(colours))
  const parameters = boxes.one('avcC')
  requirePlain((parameters.readUInt8(5) & 0x1f) === 1)
  const unit = parameters.subarray(8, 8 + parameters.readUInt16BE(6))
  const size = plainH264Size(unit)
  requirePlain(size !== undefined && size.width === stated.width && size.height === stated.height)
  requireSameParameters(unit, (parameters.readUInt8(4) & 3) + 1, firstFrameAt(tables), source)
  return size
}

function hasLimitedRange(colours: Buffer): boolean {
  const kind = colours.toString('latin1', 0, 4)
  return kind === 'nclc' || (kind === 'nclx' && colours.readUInt8(10) < 0x80)
}

function firstFrameAt(tables: Boxes): number {
  const chunks = tables.optional('stco')
  return chunks === undefined ? Number(tables.one('co64').readBigUInt64BE(8)) : chunks.readUInt32BE(8)
}

/** Parameters before the first frame take the place of those in the index. */
function requireSameParameters(unit: Buffer, lengthBytes: number, start: number, source: Source): void {
  for (let position = start; ;) {
    const head = source.read(position, lengthBytes + 1)
    const length = head.readUIntBE(0, lengthBytes)
    const type = head.readUInt8(lengthBytes) & 0x1f
    if (type > 0 && type <= lastOfSlices) return
    if (type === parameterSet) requirePlain(source.read(position + lengthBytes, length).equals(unit))
    position += lengthBytes + length
  }
}
