import type { AVCodecFlag, AVFrameFlag, AVPixelFormat, FFEncoderCodec } from 'node-av/constants'
import type * as Constants from 'node-av/constants'
import type { CodecContext, FormatContext, Packet, Stream } from 'node-av/lib'
import sharp from 'sharp'
import { loadNodeAv, type NodeAv } from '#training/video/decode/node-av.ts'

/** How an unusual video is encoded. */
export interface OddVideo {
  readonly encoder: string
  readonly container: string
  readonly pixelFormat?: PixelFormat
  readonly width?: number
  readonly height?: number
  readonly frameCount?: number
  readonly options?: Readonly<Record<string, string>>
  readonly containerOptions?: Readonly<Record<string, string>>
  /** Time of a frame in units of a 24th of a second: its index by default. */
  readonly timeOf?: (index: number) => number
  readonly isInterlaced?: boolean
  /** Whether the container is told the frame rate. */
  readonly statesRate?: boolean
  /** Whether a picture is stored beside the video, as a stream before or after it. */
  readonly cover?: 'before' | 'after'
  /** A file whose first stream is stored beside the video. */
  readonly beside?: string
}

const pixelFormats = {
  yuv420p: 'AV_PIX_FMT_YUV420P',
  yuvj420p: 'AV_PIX_FMT_YUVJ420P',
  yuv444p: 'AV_PIX_FMT_YUV444P',
  yuv422p10: 'AV_PIX_FMT_YUV422P10LE',
  yuv420p10: 'AV_PIX_FMT_YUV420P10LE',
  yuva420p: 'AV_PIX_FMT_YUVA420P',
  argb: 'AV_PIX_FMT_ARGB',
  rgba: 'AV_PIX_FMT_RGBA',
} as const satisfies Record<string, keyof typeof Constants>
export type PixelFormat = keyof typeof pixelFormats

/** Encodes frames that all differ with the FFmpeg of node-av, on one thread. */
export async function writeOddVideo(file: string, video: OddVideo): Promise<void> {
  const { encoder, container, pixelFormat = 'yuv420p', width = 96, height = 64, frameCount = 24 } = video
  const av = await loadNodeAv()
  const { constants } = av
  const format: AVPixelFormat = constants[pixelFormats[pixelFormat]]
  const must = (status: number, what: string): void => av.FFmpegError.throwIfError(status, `${file}: ${what}`)
  const setOptions = (target: CodecContext | FormatContext, options: Readonly<Record<string, string>> = {}) => {
    for (const [name, value] of Object.entries(options))
      must(
        target.setOption(name, value, constants.AV_OPT_TYPE_STRING, constants.AV_OPT_SEARCH_CHILDREN),
        `set the option ${name}`,
      )
  }
  using scope = new DisposableStack()
  const codec = av.Codec.findEncoderByName(encoder as FFEncoderCodec)
  if (codec === null) throw new Error(`node-av has no encoder ${encoder}.`)
  const context = new av.CodecContext()
  context.allocContext3(codec)
  scope.defer(() => context.freeContext())
  context.width = width
  context.height = height
  context.pixelFormat = format
  context.timeBase = new av.Rational(1, 24)
  context.framerate = new av.Rational(24, 1)
  context.gopSize = 12
  context.threadCount = 1
  const interlaced: AVCodecFlag[] = [constants.AV_CODEC_FLAG_INTERLACED_DCT, constants.AV_CODEC_FLAG_INTERLACED_ME]
  const isRaw = ['mpeg2video', 'mpegts', 'mpeg'].includes(container)
  context.setFlags(
    constants.AV_CODEC_FLAG_BITEXACT,
    ...(isRaw ? [] : [constants.AV_CODEC_FLAG_GLOBAL_HEADER]),
    ...(video.isInterlaced === true ? interlaced : []),
  )
  setOptions(context, video.options)
  must(context.open2Sync(codec), 'open the encoder')

  const output = new av.FormatContext()
  must(output.allocOutputContext2(null, container, file), 'open the format')
  scope.defer(() => output.freeContext())
  output.setFlags(constants.AVFMT_FLAG_BITEXACT)
  setOptions(output, video.containerOptions)
  const cover = video.cover === undefined ? undefined : await picture()
  const addCover = (): Stream => {
    const stream = output.newStream()
    stream.codecpar.codecType = constants.AVMEDIA_TYPE_VIDEO
    stream.codecpar.codecId = constants.AV_CODEC_ID_PNG
    stream.codecpar.width = 32
    stream.codecpar.height = 32
    stream.setDisposition(constants.AV_DISPOSITION_ATTACHED_PIC)
    return stream
  }
  const before = video.cover === 'before' ? addCover() : undefined
  const track = output.newStream()
  track.timeBase = context.timeBase
  if (video.statesRate === true) track.avgFrameRate = context.framerate
  must(track.codecpar.fromContext(context), 'describe the stream')
  const attached = before ?? (video.cover === 'after' ? addCover() : undefined)
  const beside = video.beside === undefined ? undefined : copyStream(av, scope, video.beside, output)
  must(output.openOutputSync(), 'open the file')
  scope.defer(() => output.closeOutputSync())
  must(output.writeHeaderSync(), 'write the header')
  const packet = scope.use(new av.Packet())
  packet.alloc()
  if (attached !== undefined && cover !== undefined) {
    packet.data = cover
    packet.streamIndex = attached.index
    packet.pts = 0n
    packet.dts = 0n
    packet.setFlags(constants.AV_PKT_FLAG_KEY)
    must(output.interleavedWriteFrameSync(packet), 'write the picture')
    packet.unref()
  }
  beside?.(packet)
  const writeReady = (): void => {
    while (context.receivePacketSync(packet) >= 0) {
      packet.streamIndex = track.index
      if (packet.duration === 0n) packet.duration = 1n
      packet.rescaleTs(context.timeBase, track.timeBase)
      must(output.interleavedWriteFrameSync(packet), 'write a packet')
      packet.unref()
    }
  }
  const bytes = av.avImageGetBufferSize(format, width, height, 1)
  const flags: AVFrameFlag[] = [constants.AV_FRAME_FLAG_INTERLACED, constants.AV_FRAME_FLAG_TOP_FIELD_FIRST]
  for (let index = 0; index < frameCount; index++) {
    using frame = av.Frame.fromVideoBuffer(pixels(bytes, index, pixelFormat.endsWith('10')), {
      width,
      height,
      format,
      pts: BigInt(video.timeOf?.(index) ?? index),
    })
    if (video.isInterlaced === true) frame.setFlags(...flags)
    must(context.sendFrameSync(frame), 'encode a frame')
    writeReady()
  }
  must(context.sendFrameSync(null), 'finish the encoder')
  writeReady()
  must(output.writeTrailerSync(), 'finish the file')
}

/** Adds the first stream of a file to another one. Returns what writes its packets, once the header is written. */
function copyStream(av: NodeAv, scope: DisposableStack, file: string, output: FormatContext): (packet: Packet) => void {
  const input = new av.FormatContext()
  av.FFmpegError.throwIfError(input.openInputSync(file, null, null), `open ${file}`)
  scope.defer(() => input.closeInputSync())
  const from = input.streams[0]!
  const to = output.newStream()
  av.FFmpegError.throwIfError(from.codecpar.copy(to.codecpar), `describe the stream of ${file}`)
  // Each container has its own name for a codec.
  to.codecpar.codecTag = 0
  to.timeBase = from.timeBase
  return (packet) => {
    while (input.readFrameSync(packet) >= 0) {
      packet.streamIndex = to.index
      packet.rescaleTs(from.timeBase, to.timeBase)
      av.FFmpegError.throwIfError(output.interleavedWriteFrameSync(packet), `write a packet of ${file}`)
      packet.unref()
    }
  }
}

/** A pattern that moves and becomes lighter from frame to frame. */
function pixels(bytes: number, frame: number, is10Bit: boolean): Buffer {
  const valueAt = (at: number) => 40 + ((at * 3 + frame * 29) % 96) + 4 * frame
  if (!is10Bit) return Buffer.from(Uint8Array.from({ length: bytes }, (_, at) => valueAt(at)))
  return Buffer.from(Uint16Array.from({ length: bytes / 2 }, (_, at) => 4 * valueAt(at) + (at % 4)).buffer)
}

const picture = (): Promise<Buffer> =>
  sharp({ create: { width: 32, height: 32, channels: 3, background: '#c04' } })
    .png()
    .toBuffer()
