import { readFile } from 'node:fs/promises'
import type * as Constants from 'node-av/constants'
import type * as Lib from 'node-av/lib'
import type { CodecContext, FormatContext, Frame, Packet, Stream } from 'node-av/lib'
import { isPictureFile } from '#node/picture-file.ts'
import type { Size } from '../../data/geometry.ts'
import { inputOf, inputOptionsOf, pictureFormatOf, requireVideoFile } from './allowed-input.ts'
import {
  agree,
  type Decoder,
  type FrameView,
  type FrameVisitor,
  type Inspection,
  inspectionOf,
  mayHideFrames,
  rawMpegVideo,
  type PacketTime,
} from './decoder.ts'
import { orientation, scaleToRgb, type Orientation } from './filters.ts'
import { createScaler, type Scaler } from './scaler.ts'
import { reasons, UnreadableVideo } from './unreadable-video.ts'

export type NodeAv = typeof Lib & { readonly constants: typeof Constants }

/**
 * Loads node-av with its log turned off.
 * @throws Error if the optional package or its binary is missing.
 */
export async function loadNodeAv(): Promise<NodeAv> {
  const [lib, constants] = await Promise.all([import('node-av/lib'), import('node-av/constants')])
  lib.Log.setLevel(constants.AV_LOG_QUIET)
  return { ...lib, constants }
}

/**
 * The decoder of node-av (FFmpeg in this process): synchronous calls, one thread.
 * @throws Error if the optional package or its binary is missing.
 */
export async function openNodeAv(): Promise<Decoder> {
  const av = await loadNodeAv()
  return {
    description: `node-av ${await packageVersion()}`,
    inspect: async (file, onProgress = () => {}, views = []) => inspect(av, file, onProgress, views),
    probe: async (file) => probe(av, file),
    decode: async (file, size, indices, visit, onProgress = () => {}) =>
      decode(av, file, size, indices, visit, onProgress),
  }
}

async function packageVersion(): Promise<string> {
  const entry = import.meta.resolve('node-av')
  const text = await readFile(new URL('../package.json', entry), 'utf8')
  return String(JSON.parse(text).version)
}

interface OpenVideo {
  readonly format: FormatContext
  readonly stream: Stream
  readonly codec: CodecContext
  readonly orientation: Orientation
}

function openVideo(av: NodeAv, file: string, scope: DisposableStack): OpenVideo {
  const { constants } = av
  const format = new av.FormatContext()
  requireVideoFile(file)
  using options = av.Dictionary.fromObject(inputOptionsOf(file))
  const name = pictureFormatOf(file)
  const input = name === undefined ? null : av.InputFormat.findInputFormat(name)
  if (format.openInputSync(inputOf(file), input, options) < 0) throw new UnreadableVideo(file, reasons.notVideo)
  scope.defer(() => format.closeInputSync())
  format.findStreamInfoSync()
  const stream = format.streams[format.findBestStream(constants.AVMEDIA_TYPE_VIDEO)]
  if (stream === undefined || stream.hasDisposition(constants.AV_DISPOSITION_ATTACHED_PIC))
    throw new UnreadableVideo(file, reasons.noVideoStream)
  const parameters = stream.codecpar
  const decoder = av.Codec.findDecoder(parameters.codecId)
  if (decoder === null) throw new UnreadableVideo(file, 'There is no decoder for its codec.')
  const codec = new av.CodecContext()
  codec.allocContext3(decoder)
  scope.defer(() => codec.freeContext())
  codec.parametersToContext(parameters)
  codec.threadCount = 1
  codec.pktTimebase = stream.timeBase
  if (codec.open2Sync(decoder) < 0)
    throw new UnreadableVideo(file, `The ${decoder.name ?? 'video'} decoder rejects its header.`)
  const matrix = parameters.getCodedSideData(constants.AV_PKT_DATA_DISPLAYMATRIX)
  return { format, stream, codec, orientation: orientation(matrix === null ? undefined : int32Values(matrix)) }
}

/** Node-av returns side data as bytes in the machine's byte order. */
function int32Values(bytes: Buffer): Int32Array {
  return new Int32Array(Uint8Array.from(bytes).buffer)
}

interface PacketVisitor {
  /** Called for every packet of any stream. */
  onPacket?(packet: Packet, isVideo: boolean): void
  /** Called for a packet that cannot be decoded. */
  onFailure?(): void
  /** Returns true to stop decoding. The frame is freed afterwards. */
  onFrame(frame: Frame): boolean
}

/** Decodes every packet of the video stream. */
function decodePackets(
  av: NodeAv,
  { format, stream, codec }: OpenVideo,
  { onPacket, onFailure, onFrame }: PacketVisitor,
): void {
  using packet = new av.Packet()
  packet.alloc()
  using frame = new av.Frame()
  frame.alloc()
  const receive = (): boolean => {
    for (;;) {
      const status = codec.receiveFrameSync(frame)
      if (status === av.constants.AVERROR_EAGAIN || status === av.constants.AVERROR_EOF) return false
      if (status < 0) {
        onFailure?.()
        return false
      }
      const isDone = onFrame(frame)
      frame.unref()
      if (isDone) return true
    }
  }
  while (format.readFrameSync(packet) >= 0) {
    const isVideo = packet.streamIndex === stream.index
    onPacket?.(packet, isVideo)
    if (isVideo) {
      if (codec.sendPacketSync(packet) < 0) onFailure?.()
      if (receive()) return
    }
    packet.unref()
  }
  codec.sendPacketSync(null)
  receive()
}

function timeOf({ constants }: NodeAv, { timeBase }: Stream, { pts, dts, duration }: Packet): PacketTime {
  const seconds = (time: bigint) =>
    time === constants.AV_NOPTS_VALUE ? undefined : (Number(time) * timeBase.num) / timeBase.den
  return { decodedAt: seconds(dts), shownAt: seconds(pts), duration: seconds(duration) ?? 0 }
}

function inspect(av: NodeAv, file: string, onProgress: () => void, views: readonly FrameView[]): Inspection {
  using scope = new DisposableStack()
  const video = openVideo(av, file, scope)
  const { stream, orientation } = video
  const header = headerOf(av, video)
  const { codec } = header
  const expected = expectedFrames(av, video)
  const scalers = new Map<FrameView, Scaler>()
  /** Made for the first wanted frame: of the pictures of a video, most show nothing. */
  const scalerOf = (view: FrameView): Scaler => {
    const scaler = scalers.get(view) ?? scope.use(createRgbScaler(av, file, orientation, view.size ?? shownSize(video)))
    scalers.set(view, scaler)
    return scaler
  }
  let [packetCount, failedPackets, frameCount, readBytes] = [0, 0, 0, 0]
  const packets = new DecodablePackets(av, stream, codec)
  decodePackets(av, video, {
    onPacket(packet, isVideo) {
      onProgress()
      readBytes = Math.max(readBytes, Number(packet.pos) + packet.size)
      if (!isVideo) return
      packetCount += 1
      packets.add(packet)
    },
    onFailure() {
      if (frameCount > 0) failedPackets += 1
    },
    onFrame(frame) {
      for (const view of views)
        if (view.wants(frameCount, expected)) view.visit(scalerOf(view).scale(frame), frameCount)
      frameCount += 1
      if (frame.decodeErrorFlags !== 0 || frame.hasFlags(av.constants.AV_FRAME_FLAG_CORRUPT)) failedPackets += 1
      // What follows a picture in its file is a thumbnail or a map of its brightness.
      return isPictureFile(file)
    },
  })
  return inspectionOf({ ...header, frameCount, packetCount, failedPackets, readBytes, times: packets.times() })
}

function probe(av: NodeAv, file: string): Inspection {
  using scope = new DisposableStack()
  const video = openVideo(av, file, scope)
  const { format, stream } = video
  const header = headerOf(av, video)
  const { announcedFrames: announced, frameRate, codec } = header
  const unread = { packetCount: 0, failedPackets: 0, readBytes: 0 }
  if (!mayHideFrames(codec) && agree(frameRate, announced, statedSeconds(av, video)))
    return inspectionOf({ ...header, ...unread, frameCount: announced, times: [] })
  const packets = new DecodablePackets(av, stream, codec)
  using packet = new av.Packet()
  packet.alloc()
  while (format.readFrameSync(packet) >= 0) {
    if (packet.streamIndex === stream.index) packets.add(packet)
    packet.unref()
    if (isPictureFile(file)) break
  }
  const times = packets.times()
  return inspectionOf({ ...header, ...unread, packetCount: times.length, frameCount: times.length, times })
}

/** The packets of a video whose frames are shown. What a recording has before its first key frame cannot be decoded. */
class DecodablePackets {
  readonly #av: NodeAv
  readonly #stream: Stream
  readonly #codec: string
  readonly #times: PacketTime[] = []
  /** Shown packets before the first key frame. */
  #before: number | undefined

  constructor(av: NodeAv, stream: Stream, codec: string) {
    this.#av = av
    this.#stream = stream
    this.#codec = codec
  }

  add(packet: Packet): void {
    if (packet.hasFlags(this.#av.constants.AV_PKT_FLAG_KEY)) this.#before ??= this.#times.length
    if (isShown(this.#av, this.#codec, packet)) this.#times.push(timeOf(this.#av, this.#stream, packet))
  }

  /** Of all packets if none is marked as a key frame. */
  times(): PacketTime[] {
    return this.#times.slice(this.#before ?? 0)
  }
}

/**
 * Whether the frame of a packet is shown. An edit list hides some, and VP8 has frames that only others refer to: bit 4 of their first byte is 0 (RFC
 * 6386, section 9.1).
 */
function isShown({ constants }: NodeAv, codec: string, packet: Packet): boolean {
  if (packet.hasFlags(constants.AV_PKT_FLAG_DISCARD)) return false
  return !mayHideFrames(codec) || ((packet.data?.[0] ?? 0x10) & 0x10) !== 0
}

/** What the header of a file says. */
function headerOf(av: NodeAv, { format, stream, orientation }: OpenVideo) {
  const { width, height, codecId, format: pixelFormat } = stream.codecpar
  const formatNames = format.iformat?.name ?? ''
  // A stream without a container has the rate of its header; FFmpeg assumes 25 for its container.
  const stated = formatNames === rawMpegVideo ? stream.codecpar.frameRate : stream.avgFrameRate
  const rate = stated.num > 0 ? stated : stream.rFrameRate
  return {
    codec: av.avGetCodecName(codecId) ?? 'unknown',
    pixelFormat: av.avGetPixFmtName(pixelFormat as Constants.AVPixelFormat) ?? 'unknown',
    isRotated: orientation.filters.length > 0,
    storedSize: { width, height },
    isSideways: orientation.isSideways,
    frameRate: rate.num > 0 ? rate.num / rate.den : 0,
    announcedFrames: Number(stream.nbFrames),
    formatNames,
  }
}

/** How long a video stream takes by its header, or that of its container; 0 if neither says. */
function statedSeconds({ constants }: NodeAv, { format, stream: { duration, timeBase } }: OpenVideo): number {
  if (duration !== constants.AV_NOPTS_VALUE) return (Number(duration) * timeBase.num) / timeBase.den
  return format.duration > 0n ? Number(format.duration) / Number(constants.AV_TIME_BASE) : 0
}

/** How many frames a video is likely to have; `Infinity` if no header says. */
function expectedFrames(av: NodeAv, video: OpenVideo): number {
  const { stream } = video
  const { num, den } = stream.avgFrameRate
  const byTime = den > 0 ? Math.round((statedSeconds(av, video) * num) / den) : 0
  return Number(stream.nbFrames) || byTime || Infinity
}

const createRgbScaler = (av: NodeAv, file: string, { filters }: Orientation, size: Size): Scaler =>
  createScaler(av, file, [...filters, ...scaleToRgb(size)].join(','))

function shownSize({ stream, orientation: { isSideways } }: OpenVideo): Size {
  const { width, height } = stream.codecpar
  return isSideways ? { width: height, height: width } : { width, height }
}

function decode(
  av: NodeAv,
  file: string,
  size: Size,
  indices: readonly number[] | 'all',
  visit: FrameVisitor,
  onProgress: () => void,
): void {
  using scope = new DisposableStack()
  const video = openVideo(av, file, scope)
  const scaler = scope.use(createRgbScaler(av, file, video.orientation, size))
  let [count, taken] = [0, 0]
  decodePackets(av, video, {
    onPacket: onProgress,
    onFrame(frame) {
      const index = count++
      if (indices === 'all') visit(scaler.scale(frame), index)
      else if (indices[taken] === index) {
        taken += 1
        visit(scaler.scale(frame), index)
      }
      return isPictureFile(file) || (indices !== 'all' && taken === indices.length)
    },
  })
}
