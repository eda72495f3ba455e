import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { StudioError } from '#contract/api/errors.ts'
import type { Size } from '../../data/geometry.ts'
import { loadNodeAv, type NodeAv } from '../decode/node-av.ts'
import { firstAvailable } from '../first-available.ts'
import { toYuv420 } from './yuv.ts'

/** Writes H.264 in MP4. The same frames give the same bytes with the same encoder. */
export interface Encoder {
  readonly description: string
  /** Writes `frames` (RGB bytes [height, width, 3] each) into `file`. */
  encode(file: string, frames: readonly Uint8Array[], size: Size, framesPerSecond: number): Promise<void>
}

/**
 * Opens the encoder of node-av, or the program ffmpeg from the PATH.
 * @throws StudioError `decoder-unavailable` if neither is available.
 */
export async function openEncoder(): Promise<Encoder> {
  try {
    return await firstAvailable([openNodeAvEncoder, openFfmpegEncoder])
  } catch (cause) {
    throw new StudioError(
      'decoder-unavailable',
      'No video encoder was found: neither node-av nor ffmpeg with H.264 (libx264) is available.',
      "Install ffmpeg with your system's package manager, or run `npm install --include=optional`.",
      { cause },
    )
  }
}

/** Superfast, because small frames gain nothing from a longer search. Without mbtree: x264 computes it differently from run to run on them. */
const quality = { preset: 'superfast', crf: '16', 'x264-params': 'mbtree=0' }

export async function openNodeAvEncoder(): Promise<Encoder> {
  const av = await loadNodeAv()
  if (av.Codec.findEncoderByName(av.constants.FF_ENCODER_LIBX264) === null) throw new Error('node-av has no libx264')
  return {
    description: 'node-av',
    encode: async (file, frames, size, framesPerSecond) => encode(av, file, frames, size, framesPerSecond),
  }
}

function encode(av: NodeAv, file: string, frames: readonly Uint8Array[], size: Size, framesPerSecond: number): void {
  const { constants } = av
  const must = (status: number, what: string): void => av.FFmpegError.throwIfError(status, what)
  using scope = new DisposableStack()
  const codec = av.Codec.findEncoderByName(constants.FF_ENCODER_LIBX264)
  const context = new av.CodecContext()
  context.allocContext3(codec)
  scope.defer(() => context.freeContext())
  context.width = size.width
  context.height = size.height
  context.pixelFormat = constants.AV_PIX_FMT_YUV420P
  context.colorSpace = constants.AVCOL_SPC_SMPTE170M
  context.colorRange = constants.AVCOL_RANGE_MPEG
  context.timeBase = new av.Rational(1, framesPerSecond)
  context.framerate = new av.Rational(framesPerSecond, 1)
  context.threadCount = 1
  context.setFlags(constants.AV_CODEC_FLAG_GLOBAL_HEADER, constants.AV_CODEC_FLAG_BITEXACT)
  // Set one by one: node-av 6.1 frees a dictionary given to open2Sync twice, which ends the process later.
  for (const [name, value] of Object.entries(quality))
    must(context.setOption(name, value, constants.AV_OPT_TYPE_STRING, constants.AV_OPT_SEARCH_CHILDREN), `set ${name}`)
  must(context.open2Sync(codec), 'open the encoder')

  const output = new av.FormatContext()
  must(output.allocOutputContext2(null, 'mp4', file), 'open the format')
  scope.defer(() => output.freeContext())
  output.setFlags(constants.AVFMT_FLAG_BITEXACT)
  const stream = output.newStream()
  stream.timeBase = context.timeBase
  must(stream.codecpar.fromContext(context), 'describe the stream')
  must(output.openOutputSync(), 'open the file')
  scope.defer(() => output.closeOutputSync())
  must(output.writeHeaderSync(), 'write the header')

  const packet = scope.use(new av.Packet())
  packet.alloc()
  const writeReady = (): void => {
    while (context.receivePacketSync(packet) >= 0) {
      packet.streamIndex = stream.index
      // Without it the last frame falls outside the edit list of the file.
      packet.duration = 1n
      packet.rescaleTs(context.timeBase, stream.timeBase)
      must(output.interleavedWriteFrameSync(packet), 'write a packet')
      packet.unref()
    }
  }
  frames.forEach((pixels, index) => {
    using yuv = av.Frame.fromVideoBuffer(Buffer.from(toYuv420(pixels, size)), {
      ...size,
      format: constants.AV_PIX_FMT_YUV420P,
      pts: BigInt(index),
    })
    must(context.sendFrameSync(yuv), 'encode a frame')
    writeReady()
  })
  must(context.sendFrameSync(null), 'finish the encoder')
  writeReady()
  must(output.writeTrailerSync(), 'finish the file')
}

export async function openFfmpegEncoder(): Promise<Encoder> {
  const { status, stdout } = spawnSync('ffmpeg', ['-hide_banner', '-encoders'], { encoding: 'utf8' })
  if (status !== 0 || !stdout.includes('libx264')) throw new Error('there is no ffmpeg with libx264 on the PATH')
  return {
    description: 'ffmpeg',
    async encode(file, frames, size, framesPerSecond) {
      const child = spawn('ffmpeg', encodeArguments(file, size, framesPerSecond), { stdio: ['pipe', 'ignore', 'pipe'] })
      let errors = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
      const closed: Promise<unknown[]> = once(child, 'close')
      child.stdin.on('error', (error) => (errors += error.message))
      child.stdin.end(Buffer.concat(frames.map((pixels) => toYuv420(pixels, size))))
      const [status] = await closed
      if (status !== 0)
        throw new StudioError(
          'internal',
          `ffmpeg could not write ${file}: ${errors.trim()}`,
          'Check that the disk has free space and that you can write to the folder.',
        )
    },
  }
}

/** Arguments for ffmpeg: raw YUV 4:2:0 on standard input, H.264 in MP4, one thread, and neither version nor time in the file. */
export function encodeArguments(file: string, { width, height }: Size, framesPerSecond: number): string[] {
  const input = [
    '-f',
    'rawvideo',
    '-pix_fmt',
    'yuv420p',
    '-s',
    `${width}x${height}`,
    '-r',
    String(framesPerSecond),
    '-i',
    '-',
  ]
  const codec = [
    '-c:v',
    'libx264',
    ...Object.entries(quality).flatMap(([name, value]) => [`-${name}`, value]),
    '-colorspace',
    'smpte170m',
    '-color_range',
    'tv',
    '-threads',
    '1',
  ]
  return ['-v', 'error', '-y', ...input, ...codec, '-fflags', '+bitexact', '-flags:v', '+bitexact', '-f', 'mp4', file]
}
