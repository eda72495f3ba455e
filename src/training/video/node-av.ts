import { readFile } from 'node:fs/promises'
import type * as Constants from 'node-av/constants'
import type * as Lib from 'node-av/lib'
import type { CodecContext, FormatContext, Frame, Stream } from 'node-av/lib'
import { orientation, scaleToRgb, type Orientation } from './filters.ts'
import type { Size } from './geometry.ts'
import { announcesDuration, type Decoder, type FrameVisitor, type Inspection } from './inspection.ts'
import { createScaler } from './scaler.ts'
import { reasons, UnreadableVideo } from './unreadable.ts'

export type NodeAv = typeof Lib & { readonly constants: typeof Constants }

/** Loads node-av with its log off. Throws where the optional package or its binary is missing. */
export async function loadNodeAv(): Promise<NodeAv> {
  const [lib, constants] = await Promise.all([import('node-av/lib'), import('node-av/constants')])
  lib.Log.setLevel(constants.AV_LOG_QUIET)
  return { ...lib, constants }
}

/** The decoder of node-av (FFmpeg in this process): synchronous calls, one thread. Throws like `loadNodeAv`. */
export async function openNodeAv(): Promise<Decoder> {
  const av = await loadNodeAv()
  return {
    description: `node-av ${await packageVersion()}`,
    inspect: async (file) => inspect(av, file),
    decode: async (file, size, indices, visit) => decode(av, file, size, indices, visit),
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
  if (format.openInputSync(file) < 0) throw new UnreadableVideo(file, reasons.notVideo)
  scope.defer(() => format.closeInputSync())
  format.findStreamInfoSync()
  const stream = format.streams[format.findBestStream(constants.AVMEDIA_TYPE_VIDEO)]
  if (stream === undefined || stream.hasDisposition(constants.AV_DISPOSITION_ATTACHED_PIC))
    throw new UnreadableVideo(file, reasons.noVideoStream)
  const parameters = stream.codecpar
  const decoder = av.Codec.findDecoder(parameters.codecId)
  if (decoder === null) throw new UnreadableVideo(file, 'No decoder for its kind of video is built in.')
  const codec = new av.CodecContext()
  codec.allocContext3(decoder)
  scope.defer(() => codec.freeContext())
  codec.parametersToContext(parameters)
  codec.threadCount = 1
  codec.pktTimebase = stream.timeBase
  if (codec.open2Sync(decoder) < 0)
    throw new UnreadableVideo(file, `The ${decoder.name ?? 'video'} decoder refuses its header.`)
  const matrix = parameters.getCodedSideData(constants.AV_PKT_DATA_DISPLAYMATRIX)
  return { format, stream, codec, orientation: orientation(matrix === null ? undefined : int32Values(matrix)) }
}

/** Node-av hands side data over as bytes in the order of the machine. */
function int32Values(bytes: Buffer): Int32Array {
  return new Int32Array(Uint8Array.from(bytes).buffer)
}

interface Walk {
  /** Every piece of the file, of any stream. */
  onPacket?(seconds: number, isVideo: boolean): void
  onRefused?(): void
  /** Returns true to end the walk. The frame is freed afterwards. */
  onFrame(frame: Frame): boolean
}

/** Sends every packet of the video stream through the decoder. */
function walk(av: NodeAv, { format, stream, codec }: OpenVideo, { onPacket, onRefused, onFrame }: Walk): void {
  using packet = new av.Packet()
  packet.alloc()
  using frame = new av.Frame()
  frame.alloc()
  const receive = (): boolean => {
    for (;;) {
      const status = codec.receiveFrameSync(frame)
      if (status === av.constants.AVERROR_EAGAIN || status === av.constants.AVERROR_EOF) return false
      if (status < 0) {
        onRefused?.()
        return false
      }
      const isDone = onFrame(frame)
      frame.unref()
      if (isDone) return true
    }
  }
  while (format.readFrameSync(packet) >= 0) {
    const isVideo = packet.streamIndex === stream.index
    if (onPacket !== undefined) onPacket(packetEnd(av, format, packet), isVideo)
    if (isVideo) {
      if (codec.sendPacketSync(packet) < 0) onRefused?.()
      if (receive()) return
    }
    packet.unref()
  }
  codec.sendPacketSync(null)
  receive()
}

function packetEnd(av: NodeAv, format: FormatContext, packet: InstanceType<NodeAv['Packet']>): number {
  const base = format.streams[packet.streamIndex]?.timeBase
  const time = packet.pts === av.constants.AV_NOPTS_VALUE ? packet.dts : packet.pts
  return base === undefined || time === av.constants.AV_NOPTS_VALUE
    ? 0
    : (Number(time + packet.duration) * base.num) / base.den
}

function inspect(av: NodeAv, file: string): Inspection {
  using scope = new DisposableStack()
  const video = openVideo(av, file, scope)
  const { format, stream } = video
  let [packets, refused, frames, reached, videoEnd] = [0, 0, 0, 0, 0]
  walk(av, video, {
    onPacket(seconds, isVideo) {
      reached = Math.max(reached, seconds)
      if (!isVideo) return
      packets += 1
      videoEnd = Math.max(videoEnd, seconds)
    },
    onRefused() {
      if (frames > 0) refused += 1
    },
    onFrame(frame) {
      frames += 1
      if (frame.decodeErrorFlags !== 0 || frame.hasFlags(av.constants.AV_FRAME_FLAG_CORRUPT)) refused += 1
      return false
    },
  })
  const { width, height, codecId } = stream.codecpar
  const start = Math.max(0, Number(format.startTime) / 1e6)
  const announced = announcesDuration(format.iformat?.name ?? '') ? Number(format.duration) / 1e6 : 0
  const rate = stream.avgFrameRate.num > 0 ? stream.avgFrameRate : stream.rFrameRate
  const durationMs = videoEnd > start ? (videoEnd - start) * 1000 : (frames * rate.den * 1000) / Math.max(1, rate.num)
  return {
    frames,
    width: video.orientation.isOnSide ? height : width,
    height: video.orientation.isOnSide ? width : height,
    framesPerSecond: rate.num > 0 ? rate.num / rate.den : (frames * 1000) / durationMs,
    durationMs,
    codec: av.avGetCodecName(codecId) ?? 'unknown',
    packets,
    refused,
    reachedSeconds: reached - start,
    announcedSeconds: announced > 0 ? announced : reached - start,
  }
}

function decode(av: NodeAv, file: string, size: Size, indices: readonly number[] | 'all', visit: FrameVisitor): void {
  using scope = new DisposableStack()
  const video = openVideo(av, file, scope)
  const scaler = scope.use(createScaler(av, file, [...video.orientation.filters, ...scaleToRgb(size)].join(',')))
  let [count, taken] = [0, 0]
  walk(av, video, {
    onFrame(frame) {
      const index = count++
      if (indices === 'all') visit(scaler.scale(frame), index)
      else if (indices[taken] === index) {
        taken += 1
        visit(scaler.scale(frame), index)
      }
      return indices !== 'all' && taken === indices.length
    },
  })
}
