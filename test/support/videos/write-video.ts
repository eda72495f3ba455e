import type { AVPixelFormat, FFEncoderCodec } from 'node-av/constants'
import { loadNodeAv, type NodeAv } from '#training/video/decode/node-av.ts'
import { type Scene, toYuv420, toYuv444In10Bits } from './scene.ts'

/** How a video is encoded. */
export interface VideoFormat {
  /** Name of an encoder of FFmpeg. */
  readonly encoder: string
  /** Name of a container format of FFmpeg. */
  readonly container: string
  readonly encoderOptions?: Readonly<Record<string, string>>
  readonly containerOptions?: Readonly<Record<string, string>>
  readonly bits?: 8 | 10
  readonly bFrames?: number
  /** Four letters that name the codec in an AVI file. */
  readonly tag?: string
  /** Time of a frame in units of 1 / `framesPerSecond`: its index by default. */
  readonly timeOf?: (index: number) => number
}

export const framesPerSecond = 24

/** Encodes a scene with the FFmpeg of node-av, on one thread. A scene without frames becomes a file with a header alone. */
export async function writeVideo(file: string, scene: Scene, format: VideoFormat): Promise<void> {
  const av = await loadNodeAv()
  const { constants } = av
  const is10Bit = format.bits === 10
  const pixelFormat: AVPixelFormat = is10Bit ? constants.AV_PIX_FMT_YUV444P10LE : constants.AV_PIX_FMT_YUV420P
  write(av, file, format.container, format.encoder, {
    containerOptions: format.containerOptions,
    isConstantRate: format.timeOf === undefined,
    configure(context) {
      context.width = scene.width
      context.height = scene.height
      context.pixelFormat = pixelFormat
      context.colorSpace = constants.AVCOL_SPC_SMPTE170M
      context.colorRange = constants.AVCOL_RANGE_MPEG
      context.timeBase = new av.Rational(1, framesPerSecond)
      context.framerate = new av.Rational(framesPerSecond, 1)
      context.gopSize = 48
      context.maxBFrames = format.bFrames ?? 0
      if (format.tag !== undefined) context.codecTag = format.tag
      setOptions(av, context, format.encoderOptions)
    },
    frameCount: scene.frames.length,
    frameAt: (index) =>
      av.Frame.fromVideoBuffer(is10Bit ? toYuv444In10Bits(scene, index) : toYuv420(scene, index), {
        width: scene.width,
        height: scene.height,
        format: pixelFormat,
        pts: BigInt(format.timeOf?.(index) ?? index),
      }),
  })
}

/** Writes two seconds of a tone as AAC in MP4: a file with sound and no video stream. */
export async function writeSound(file: string): Promise<void> {
  const av = await loadNodeAv()
  const { constants } = av
  const [sampleRate, nbSamples] = [16_000, 1024]
  write(av, file, 'mp4', 'aac', {
    configure(context) {
      context.sampleRate = sampleRate
      context.sampleFormat = constants.AV_SAMPLE_FMT_FLTP
      context.channelLayout = constants.AV_CHANNEL_LAYOUT_MONO
      context.bitRate = 32_000n
      context.timeBase = new av.Rational(1, sampleRate)
    },
    frameCount: 32,
    frameAt(index) {
      const samples = Float32Array.from(
        { length: nbSamples },
        (_, at) => 0.3 * Math.sin(0.15 * (index * nbSamples + at)),
      )
      return av.Frame.fromAudioBuffer(Buffer.from(samples.buffer), {
        nbSamples,
        sampleRate,
        format: constants.AV_SAMPLE_FMT_FLTP,
        channelLayout: constants.AV_CHANNEL_LAYOUT_MONO,
        pts: BigInt(index * nbSamples),
      })
    },
  })
}

type CodecContext = InstanceType<NodeAv['CodecContext']>
type Frame = InstanceType<NodeAv['Frame']>

function write(
  av: NodeAv,
  file: string,
  container: string,
  encoder: string,
  stream: {
    configure: (context: CodecContext) => void
    frameCount: number
    /** The caller frees the frame. */
    frameAt: (index: number) => Frame
    containerOptions?: Readonly<Record<string, string>> | undefined
    isConstantRate?: boolean
  },
): void {
  const { constants } = av
  const must = (status: number, what: string): void => av.FFmpegError.throwIfError(status, `${file}: ${what}`)
  using scope = new DisposableStack()
  const codec = av.Codec.findEncoderByName(encoder as FFEncoderCodec)
  if (codec === null) throw new Error(`node-av has no encoder ${encoder}.`)
  const context = new av.CodecContext()
  context.allocContext3(codec)
  scope.defer(() => context.freeContext())
  stream.configure(context)
  context.threadCount = 1
  context.setFlags(constants.AV_CODEC_FLAG_GLOBAL_HEADER, constants.AV_CODEC_FLAG_BITEXACT)
  must(context.open2Sync(codec), 'open the encoder')

  const output = new av.FormatContext()
  must(output.allocOutputContext2(null, container, file), 'open the format')
  scope.defer(() => output.freeContext())
  output.setFlags(constants.AVFMT_FLAG_BITEXACT)
  setOptions(av, output, stream.containerOptions)
  const track = output.newStream()
  track.timeBase = context.timeBase
  if (stream.isConstantRate === true) track.avgFrameRate = context.framerate
  must(track.codecpar.fromContext(context), 'describe the stream')
  must(output.openOutputSync(), 'open the file')
  scope.defer(() => output.closeOutputSync())
  must(output.writeHeaderSync(), 'write the header')

  const packet = scope.use(new av.Packet())
  packet.alloc()
  const writeReady = (): void => {
    while (context.receivePacketSync(packet) >= 0) {
      packet.streamIndex = track.index
      if (packet.duration === 0n) packet.duration = 1n
      packet.rescaleTs(context.timeBase, track.timeBase)
      must(output.interleavedWriteFrameSync(packet), 'write a packet')
      packet.unref()
    }
  }
  for (let index = 0; index < stream.frameCount; index++) {
    using frame = stream.frameAt(index)
    must(context.sendFrameSync(frame), 'encode a frame')
    writeReady()
  }
  must(context.sendFrameSync(null), 'finish the encoder')
  writeReady()
  must(output.writeTrailerSync(), 'finish the file')
}

/** Sets options one by one: node-av 6.1 frees a dictionary of options twice. */
function setOptions(
  { constants, FFmpegError }: NodeAv,
  target: CodecContext | InstanceType<NodeAv['FormatContext']>,
  options: Readonly<Record<string, string>> = {},
): void {
  for (const [name, value] of Object.entries(options)) {
    FFmpegError.throwIfError(
      target.setOption(name, value, constants.AV_OPT_TYPE_STRING, constants.AV_OPT_SEARCH_CHILDREN),
      `set ${name}`,
    )
  }
}
