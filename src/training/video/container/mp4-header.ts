import type { Size } from '../../data/geometry.ts'
import { plainH264Size } from './h264.ts'
import { Boxes, clockOf, isLong, largestTerm } from './mp4-boxes.ts'
import { type Extent, readFrameTables } from './mp4-frames.ts'
import { boxSize } from './mp4.ts'
import { type PlainHeader, requirePlain, type Source } from './source.ts'

// A box that is not listed may change what its neighbours say, so that its file is not plain.
const inFile = new Set(['ftyp', 'moov', 'mdat', 'free', 'skip', 'wide'])
const inMovie = new Set(['mvhd', 'trak', 'udta', 'iods'])
const inTrack = new Set(['tkhd', 'edts', 'mdia', 'udta'])
const inMedia = new Set(['mdhd', 'hdlr', 'minf'])
const inInformation = new Set(['vmhd', 'smhd', 'hdlr', 'dinf', 'stbl'])
const inTable = new Set('stsd stts stsz stsc stco co64 stss ctts cslg sdtp sgpd sbgp'.split(' '))
const inDescription = new Set(['avcC', 'colr', 'pasp', 'btrt'])

const mostIndexBytes = 2 ** 26
/** A description of video has so many bytes before its boxes, the last of them its depth (section 12.1.3). */
const descriptionBytes = 78
const upright = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000]
/** Frames by which lengths may differ: they are rounded, and writers of B-frames count one more. */
const tolerance = 1.1
/** Types of units of H.264 (ITU-T H.264, table 7-1): slices, and what may come before them. */
const slices = new Set([1, 5])
const [parameterSet, pictureSet] = [7, 8]
const beforeSlices = new Set([6, parameterSet, pictureSet, 9])

/**
 * What the index of an MP4 or QuickTime file says (ISO 14496-12): of one stream of H.264 that is shown upright and from
 * its first frame to its last one, perhaps with sound. An index that contradicts itself is not plain.
 * @throws NotPlain, or RangeError if a box is shorter than what it should have
 */
export function mp4Header(source: Source): PlainHeader {
  const movie = new Boxes(indexOf(source), inMovie)
  const movieHead = movie.one('mvhd')
  requireUpright(movieHead, { short: 36, long: 48 })
  requireNoCover(movie)
  const tracks = movie.all('trak').map((track) => readTrack(track, source.size))
  requirePlain(tracks.every(({ kind }) => kind === 'vide' || kind === 'soun'))
  const [video, ...others] = tracks.filter(({ kind }) => kind === 'vide')
  requirePlain(video !== undefined && others.length === 0)
  const { track, description, frames, scale, seconds } = video
  requireUpright(track.one('tkhd'), { short: 40, long: 52 })
  const { frameCount, duration, firstDelay } = frames
  requirePlain(frameCount * scale <= largestTerm)
  const frameRate = (frameCount * scale) / duration
  const isWhole = (other: number) => Math.abs(other - duration / scale) * frameRate < tolerance
  requirePlain(isWhole(seconds))
  const edit = editOf(track)
  if (edit !== undefined) requirePlain(edit.start === firstDelay && isWhole(edit.duration / clockOf(movieHead).scale))
  return { ...sizeOf(description, frames.first, source), frameCount, frameRate, codec: 'h264', pixelFormat: 'yuv420p' }
}

/** A track with its clock. FFmpeg opens no file of which the tables of any track are damaged. */
function readTrack(bytes: Buffer, fileBytes: number) {
  const track = new Boxes(bytes, inTrack)
  requireNoCover(track)
  const media = new Boxes(track.one('mdia'), inMedia)
  const information = new Boxes(media.one('minf'), inInformation)
  requireOwnData(information.one('dinf'))
  const tables = new Boxes(information.one('stbl'), inTable)
  const kind = media.one('hdlr').toString('latin1', 8, 12)
  return {
    track,
    kind,
    description: descriptionOf(tables.one('stsd')),
    frames: readFrameTables(tables, fileBytes),
    ...clockOf(media.one('mdhd')),
  }
}

interface Description {
  readonly codec: string
  readonly content: Buffer
}

/** The only description of the frames of a track (section 8.5.2). */
function descriptionOf(descriptions: Buffer): Description {
  requirePlain(descriptions.readUInt32BE(4) === 1 && descriptions.readUInt32BE(8) + 8 === descriptions.length)
  return { codec: descriptions.toString('latin1', 12, 16), content: descriptions.subarray(16) }
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

/** @param at where the matrix of a box is */
function requireUpright(head: Buffer, at: { short: number; long: number }): void {
  const start = isLong(head) ? at.long : at.short
  requirePlain(upright.every((value, index) => head.readInt32BE(start + 4 * index) === value))
}

/** A picture of a cover is a stream to FFmpeg. */
function requireNoCover(boxes: Boxes): void {
  requirePlain(boxes.all('udta').every((box) => !box.includes('covr')))
}

/** The only edit of a track, in units of the movie and of the track; undefined if all of it is shown. */
function editOf(track: Boxes): { duration: number; start: number } | undefined {
  const edits = track.optional('edts')
  const list = edits === undefined ? undefined : new Boxes(edits, new Set(['elst'])).optional('elst')
  if (list === undefined) return undefined
  const [duration, start, rate] = isLong(list)
    ? [Number(list.readBigUInt64BE(8)), Number(list.readBigInt64BE(16)), list.readInt32BE(24)]
    : [list.readUInt32BE(8), list.readInt32BE(12), list.readInt32BE(16)]
  requirePlain(list.readUInt32BE(4) === 1 && start >= 0 && rate === 0x10000)
  return { duration, start }
}

/** Frames may be in another file: the reference to their own has no name. */
function requireOwnData(information: Buffer): void {
  const references = new Boxes(information, new Set(['dref'])).one('dref')
  requirePlain(references.length === 20 && references.readUInt32BE(4) === 1 && references.readUInt32BE(8) === 12)
}

/** Size of the frames, on which the index, the parameters beside it and those before the first frame agree. */
function sizeOf({ codec, content }: Description, first: Extent, source: Source): Size {
  requirePlain(codec === 'avc1')
  const stated = { width: content.readUInt16BE(24), height: content.readUInt16BE(26) }
  // Other depths may have a palette.
  requirePlain(content.readUInt16BE(descriptionBytes - 4) === 24)
  const boxes = new Boxes(content.subarray(descriptionBytes), inDescription)
  const colours = boxes.optional('colr')
  if (colours !== undefined) requirePlain(hasLimitedRange(colours))
  const { lengthBytes, unit } = parametersOf(boxes.one('avcC'))
  const size = plainH264Size(unit)
  requirePlain(size !== undefined && size.width === stated.width && size.height === stated.height)
  requireSameParameters(unit, lengthBytes, first, source)
  return size
}

function hasLimitedRange(colours: Buffer): boolean {
  const kind = colours.toString('latin1', 0, 4)
  return kind === 'nclc' || (kind === 'nclx' && colours.readUInt8(10) < 0x80)
}

/** The only sequence parameter set, and how many bytes the length of a unit has (ISO 14496-15, section 5.3.3). */
function parametersOf(configuration: Buffer): { unit: Buffer; lengthBytes: number } {
  const end = 8 + configuration.readUInt16BE(6)
  requirePlain(configuration.readUInt8(0) === 1 && (configuration.readUInt8(5) & 0x1f) === 1)
  let position = end + 1
  const pictureSets = configuration.readUInt8(end)
  for (let index = 0; index < pictureSets; index++) {
    requirePlain((configuration.readUInt8(position + 2) & 0x1f) === pictureSet)
    position += 2 + configuration.readUInt16BE(position)
  }
  requirePlain(pictureSets > 0 && position <= configuration.length)
  return { unit: configuration.subarray(8, end), lengthBytes: (configuration.readUInt8(4) & 3) + 1 }
}

/** Parameters before the first slice take the place of those in the index. */
function requireSameParameters(unit: Buffer, lengthBytes: number, { start, end }: Extent, source: Source): void {
  for (let position = start; ;) {
    const head = source.read(position, lengthBytes + 1)
    const length = head.readUIntBE(0, lengthBytes)
    const type = head.readUInt8(lengthBytes) & 0x1f
    requirePlain(length > 0 && position + lengthBytes + length <= end)
    if (slices.has(type)) return
    requirePlain(beforeSlices.has(type))
    if (type === parameterSet) requirePlain(source.read(position + lengthBytes, length).equals(unit))
    position += lengthBytes + length
  }
}
