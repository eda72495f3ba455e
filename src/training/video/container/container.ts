import { asfExtent, asfHeader } from './asf.ts'
import { mxfExtent, mxfKey, realMediaExtent } from './chunks.ts'
import { matroskaHeader } from './matroska-header.ts'
import { matroskaExtent } from './matroska.ts'
import { mp4Header } from './mp4-header.ts'
import { mp4Extent } from './mp4.ts'
import {
  findTransportPackets,
  flvExtent,
  gifExtent,
  ivfExtent,
  oggExtent,
  programExtent,
  transportExtent,
} from './packets.ts'
import { jpegExtent, pngExtent, webpExtent } from './pictures.ts'
import { y4mExtent } from './raw-frames.ts'
import { aviExtent } from './riff.ts'
import { type MediaExtent, NotPlain, type PlainHeader, type Source } from './source.ts'

/** A container format that this studio can measure. */
interface ContainerFormat {
  readonly name: string
  /** Whether a file that starts with these bytes has this format. */
  readonly matches: (head: Buffer) => boolean
  readonly extent: (source: Source) => MediaExtent | undefined
  /** Throws `NotPlain` or RangeError for a file whose header a demuxer has to read. */
  readonly header?: (source: Source) => PlainHeader
  /** Whether a demuxer reads packets by an index, in any order, instead of from the first to the last byte. */
  readonly isIndexed: boolean
  /** Whether no header states the number of frames: a demuxer that announces one has counted those that are there. */
  readonly statesNoFrames?: boolean
  readonly isPicture?: boolean
}

const latin1 = (head: Buffer, from: number, to: number): string => head.toString('latin1', from, to)
const mp4Boxes = ['ftyp', 'moov', 'mdat', 'free', 'skip', 'wide', 'pnot', 'styp', 'moof', 'sidx']

const formats: readonly ContainerFormat[] = [
  {
    name: 'MP4',
    matches: (head) => mp4Boxes.includes(latin1(head, 4, 8)),
    extent: mp4Extent,
    header: mp4Header,
    isIndexed: true,
  },
  {
    name: 'Matroska or WebM',
    matches: (head) => head.toString('hex', 0, 4) === '1a45dfa3',
    extent: matroskaExtent,
    header: matroskaHeader,
    isIndexed: false,
  },
  {
    name: 'AVI',
    matches: (head) => latin1(head, 0, 4) === 'RIFF' && latin1(head, 8, 12) === 'AVI ',
    extent: aviExtent,
    isIndexed: false,
  },
  {
    name: 'ASF (WMV)',
    matches: (head) => head.toString('hex', 0, 16) === asfHeader,
    extent: asfExtent,
    isIndexed: false,
  },
  { name: 'Flash video', matches: (head) => latin1(head, 0, 3) === 'FLV', extent: flvExtent, isIndexed: false },
  { name: 'Ogg', matches: (head) => latin1(head, 0, 4) === 'OggS', extent: oggExtent, isIndexed: false },
  { name: 'IVF', matches: (head) => latin1(head, 0, 4) === 'DKIF', extent: ivfExtent, isIndexed: false },
  {
    name: 'GIF',
    matches: (head) => latin1(head, 0, 4) === 'GIF8',
    extent: gifExtent,
    isIndexed: true,
    statesNoFrames: true,
  },
  { name: 'RealMedia', matches: (head) => latin1(head, 0, 4) === '.RMF', extent: realMediaExtent, isIndexed: true },
  { name: 'MXF', matches: (head) => head.toString('hex', 0, 4) === mxfKey, extent: mxfExtent, isIndexed: true },
  { name: 'YUV4MPEG2', matches: (head) => latin1(head, 0, 10) === 'YUV4MPEG2 ', extent: y4mExtent, isIndexed: false },
  {
    name: 'JPEG',
    matches: (head) => head.toString('hex', 0, 3) === 'ffd8ff',
    extent: jpegExtent,
    isIndexed: true,
    isPicture: true,
    statesNoFrames: true,
  },
  {
    name: 'PNG',
    matches: (head) => head.toString('hex', 0, 8) === '89504e470d0a1a0a',
    extent: pngExtent,
    isIndexed: true,
    isPicture: true,
    statesNoFrames: true,
  },
  {
    name: 'WebP',
    matches: (head) => latin1(head, 0, 4) === 'RIFF' && latin1(head, 8, 12) === 'WEBP',
    extent: webpExtent,
    isIndexed: true,
    isPicture: true,
    statesNoFrames: true,
  },
  {
    name: 'MPEG program stream',
    matches: (head) => head.toString('hex', 0, 4) === '000001ba',
    extent: programExtent,
    isIndexed: false,
  },
  {
    name: 'MPEG transport stream',
    matches: (head) => findTransportPackets(head) !== undefined,
    extent: transportExtent,
    isIndexed: false,
  },
]

export const headBytes = 1024

/** Name of the format that the first bytes of a file announce. */
export function formatFromHead(bytes: Uint8Array): string | undefined {
  return findFormat(Buffer.from(bytes))?.name
}

const findFormat = (head: Buffer): ContainerFormat | undefined => formats.find(({ matches }) => matches(head))

export interface Container extends Pick<ContainerFormat, 'name' | 'isIndexed' | 'statesNoFrames' | 'header'> {
  readonly isPicture: boolean
  /** Undefined if the structure of the file cannot be followed. */
  readonly extent: MediaExtent | undefined
}

/** Format and media extent of a file, read from its structure alone; undefined if the format is not known here. */
export function readContainer(source: Source): Container | undefined {
  const format = findFormat(source.read(0, headBytes))
  if (format === undefined) return undefined
  return { ...format, isPicture: format.isPicture === true, extent: format.extent(source) }
}

/** What the header of a plain video says; undefined if a demuxer has to read it. */
export function readPlainHeader({ header }: Container, source: Source): PlainHeader | undefined {
  try {
    return header?.(source)
  } catch (cause) {
    // A box or an element is shorter than its content.
    if (cause instanceof NotPlain || cause instanceof RangeError) return undefined
    throw cause
  }
}
