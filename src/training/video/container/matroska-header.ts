import type { Size } from '../../data/geometry.ts'
import { nearestFraction } from './fraction.ts'
import { elementAt, Elements, type Extent, knownElements, numberOf, requireKnown } from './matroska-elements.ts'
import { clusterId, segmentId } from './matroska.ts'
import { type PlainHeader, requirePlain, type Source } from './source.ts'
import { isShownVp8, plainVp8Size, plainVp9Size } from './vp-frames.ts'

/** Identifiers of elements (RFC 9559, section 5). */
const ids = {
  readVersion: 0x42f7,
  longestId: 0x42f2,
  longestSize: 0x42f3,
  documentType: 0x4282,
  documentReadVersion: 0x4285,
  seekHead: 0x114d9b74,
  seek: 0x4dbb,
  soughtId: 0x53ab,
  soughtPosition: 0x53ac,
  info: 0x1549a966,
  scale: 0x2ad7b1,
  tracks: 0x1654ae6b,
  track: 0xae,
  number: 0xd7,
  type: 0x83,
  codec: 0x86,
  frameLength: 0x23e383,
  video: 0xe0,
  width: 0xb0,
  height: 0xba,
  clusterTime: 0xe7,
  block: 0xa3,
  group: 0xa0,
  groupBlock: 0xa1,
}
// An element that is not listed may change what its neighbours say, so that its file is not plain.
const inHeader = knownElements(
  [ids.readVersion, ids.longestId, ids.longestSize, ids.documentReadVersion, 0x4286, 0x4287],
  [ids.documentType],
)
/** Also tags and cues, which players search by. */
const inSegment = knownElements([], [ids.seekHead, ids.info, ids.tracks, clusterId, 0x1254c367, 0x1c53bb6b])
const inSeekHead = knownElements([], [ids.seek])
const inSeek = knownElements([ids.soughtId, ids.soughtPosition])
/** Also length, date, title, and who wrote the file. */
const inInfo = knownElements([ids.scale, 0x4489, 0x4461], [0x4d80, 0x5741, 0x73a4, 0x7ba9])
const inTracks = knownElements([], [ids.track])
/** Also names, languages, and what players choose tracks by. */
const inTrack = knownElements(
  [ids.number, ids.type, ids.frameLength, 0x73c5, 0xb9, 0x88, 0x55aa, 0x9c, 0x6de7, 0x6df8, 0x55ee],
  [ids.codec, ids.video, 0x536e, 0x22b59c, 0x22b59d, 0x258688, 0x63a2],
)
/** Also colours and the shape of pixels, which the size of the frames does not depend on. */
const inVideo = knownElements([ids.width, ids.height, 0x9a, 0x9d, 0x54b0, 0x54ba, 0x54b2, 0x54b3], [0x55b0])
/** Also the position of a cluster and the size of the one before. */
const inCluster = knownElements([ids.clusterTime, 0xa7, 0xab], [ids.block, ids.group])
/** Also the length of a block, what it refers to, and how much of its sound is heard. */
const inGroup = knownElements([0x9b, 0xfb, 0xfa, 0x75a2], [ids.groupBlock])

const [videoType, soundType] = [1, 2]
const codecs = new Map([
  ['V_VP9', { codec: 'vp9', sizeOf: plainVp9Size }],
  ['V_VP8', { codec: 'vp8', sizeOf: plainVp8Size }],
])
/** Times are in milliseconds. */
const [perMillisecond, perSecond] = [1e6, 1e9]
/** FFmpeg rounds frame rates to fractions with such terms. */
const largestTerm = 30_000
/** First bytes of a frame, in which its size is. */
const headBytes = 10

/**
 * What a Matroska or WebM file says of its only video track, of VP9 (profile 0) or VP8, perhaps with sound: its
 * blocks are counted. A file that does not state its frame rate is not plain: FFmpeg guesses it.
 * @throws NotPlain, or RangeError if an element is shorter than its content
 */
export function matroskaHeader(source: Source): PlainHeader {
  const { clusters, tracks } = readSegment(source)
  const track = tracks.video
  const frames = clusters.flatMap((cluster) => framesOf(source, cluster, tracks))
  const [first] = frames
  requirePlain(first !== undefined && frames.every(({ time }, index) => time > (frames[index - 1]?.time ?? -1)))
  const size = track.sizeOf(source.read(first.start, headBytes))
  requirePlain(size !== undefined && size.width === track.size.width && size.height === track.size.height)
  const shown = frames.filter(({ isShown }) => isShown)
  const duration = Math.floor(track.frameLength / perMillisecond) / 1000
  return {
    ...size,
    frameCount: shown.length,
    frameRate: nearestFraction({ top: perSecond, bottom: track.frameLength }, largestTerm),
    codec: track.codec,
    pixelFormat: 'yuv420p',
    times: shown.map(({ time }) => ({ shownAt: time / 1000, duration })),
  }
}

/** The clusters of a file and its tracks. */
function readSegment(source: Source): { clusters: readonly Extent[]; tracks: Tracks } {
  const header = elementAt(source, 0)
  requireKnownVersion(new Elements(source, header, inHeader))
  const segment = elementAt(source, header.end)
  requirePlain(segment.id === segmentId && segment.end === source.size)
  const elements = new Elements(source, segment, inSegment)
  const [info, tracks, clusters] = [elements.one(ids.info), elements.one(ids.tracks), elements.all(clusterId)]
  requirePlain(clusters.every(({ start }) => start > info.end && start > tracks.end))
  for (const head of elements.all(ids.seekHead)) requireSeekHead(source, head)
  requirePlain(new Elements(source, info, inInfo).number(ids.scale) === perMillisecond)
  return { clusters, tracks: tracksOf(source, tracks) }
}

function requireKnownVersion(header: Elements): void {
  requirePlain(['webm', 'matroska'].includes(header.text(ids.documentType)))
  requirePlain(header.number(ids.readVersion) === 1 && header.number(ids.documentReadVersion) <= 3)
  requirePlain(header.number(ids.longestId) <= 4 && header.number(ids.longestSize) <= 8)
}

/** FFmpeg follows the references of a head. */
function requireSeekHead(source: Source, head: Extent): void {
  for (const reference of new Elements(source, head, inSeekHead).all(ids.seek)) {
    const seek = new Elements(source, reference, inSeek)
    requirePlain(seek.number(ids.soughtId) > 0 && seek.number(ids.soughtPosition) < source.size)
  }
}

interface Tracks {
  readonly video: VideoTrack
  /** Numbers of all tracks. */
  readonly numbers: ReadonlySet<number>
}

interface VideoTrack {
  readonly number: number
  readonly codec: string
  readonly sizeOf: (frame: Buffer) => Size | undefined
  /** Of the picture, as the track states it. */
  readonly size: Size
  /** In nanoseconds. */
  readonly frameLength: number
}

function tracksOf(source: Source, tracks: Extent): Tracks {
  const all = new Elements(source, tracks, inTracks).all(ids.track)
  const [video, ...others] = all.filter((track) => new Elements(source, track).number(ids.type) !== soundType)
  requirePlain(video !== undefined && others.length === 0)
  const numbers = new Set(all.map((track) => new Elements(source, track).number(ids.number)))
  requirePlain(numbers.size === all.length)
  return { video: videoTrackOf(source, video), numbers }
}

function videoTrackOf(source: Source, extent: Extent): VideoTrack {
  const track = new Elements(source, extent, inTrack)
  const picture = new Elements(source, track.one(ids.video), inVideo)
  const codec = codecs.get(track.text(ids.codec))
  const frameLength = track.number(ids.frameLength)
  requirePlain(track.number(ids.type) === videoType && codec !== undefined)
  requirePlain(frameLength >= perMillisecond && frameLength <= perSecond)
  const size = { width: picture.number(ids.width), height: picture.number(ids.height) }
  return { ...codec, number: track.number(ids.number), size, frameLength }
}

interface CodedFrame {
  /** Milliseconds. */
  readonly time: number
  readonly start: number
  readonly isShown: boolean
}

/** The frames of the video in a cluster, in one walk, since the blocks are most of a file. */
function framesOf(source: Source, cluster: Extent, { video, numbers }: Tracks): CodedFrame[] {
  const frames: CodedFrame[] = []
  let clusterTime: number | undefined
  for (let position = cluster.start; position < cluster.end;) {
    const element = elementAt(source, position)
    requireKnown(element, cluster.end, inCluster)
    if (element.id === ids.clusterTime) {
      requirePlain(clusterTime === undefined)
      clusterTime = numberOf(source, element)
    } else if (element.id === ids.group) {
      // Writers use groups for sound that is cut, and for frames whose length is not that of the others.
      const block = new Elements(source, element, inGroup).one(ids.groupBlock)
      const { track } = blockAt(source, block)
      requirePlain(track !== video.number && numbers.has(track))
    } else if (element.id === ids.block) {
      const { track, offset, start, isPlain } = blockAt(source, element)
      requirePlain(numbers.has(track))
      if (track === video.number) {
        requirePlain(isPlain && clusterTime !== undefined)
        const isShown = video.codec !== 'vp8' || isShownVp8(source.read(start, 1))
        frames.push({ time: clusterTime + offset, start, isShown })
      }
    }
    position = element.end
  }
  return frames
}

/** The head of a block (section 10.2). It is plain if it has one frame, that is shown. */
function blockAt(source: Source, { start, end }: Extent) {
  const head = source.read(start, 4)
  const track = head.readUInt8(0) - 0x80
  requirePlain(track > 0 && end - start > 4)
  return { track, offset: head.readInt16BE(1), start: start + 4, isPlain: (head.readUInt8(3) & 0x7e) === 0 }
}
