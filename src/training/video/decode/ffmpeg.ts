import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { z } from 'zod'
import { isPictureFile } from '#node/picture-file.ts'
import type { Size } from '../../data/geometry.ts'
import { inputOf, inputOptionsOf, pictureFormatOf, requireVideoFile } from './allowed-input.ts'
import {
  agree,
  type Decoder,
  type Inspection,
  inspectionOf,
  mayHideFrames,
  type PacketTime,
  rawMpegVideo,
} from './decoder.ts'
import { scaleToRgb } from './filters.ts'
import { reasons, UnreadableVideo } from './unreadable-video.ts'

/**
 * The decoder that runs the programs ffmpeg and ffprobe (5.1 or newer).
 * @throws Error if they are not on the PATH.
 */
export async function openFfmpeg(): Promise<Decoder> {
  const [ffmpeg, ffprobe] = ['ffmpeg', 'ffprobe'].map((program) =>
    spawnSync(program, ['-version'], { encoding: 'utf8' }),
  )
  if (ffmpeg?.status !== 0 || ffprobe?.status !== 0) throw new Error('ffmpeg and ffprobe are not on the PATH')
  return {
    description: `ffmpeg ${/version (\S+)/.exec(ffmpeg.stdout)?.[1] ?? ''}`.trim(),
    inspect,
    async probe(file) {
      requireVideoFile(file)
      const read = async (level: ProbeLevel) => {
        const chunks: Uint8Array[] = []
        await run('ffprobe', inspectArguments(file, level), (chunk) => chunks.push(chunk))
        return parseProbe(file, Buffer.concat(chunks).toString('utf8'))
      }
      return (await read('header')) ?? (await read('packets')) ?? inspect(file)
    },
    async decode(file, size, indices, visit, onProgress = () => {}) {
      requireVideoFile(file)
      const frames = new FrameSplitter(size, (pixels, order) =>
        visit(pixels, indices === 'all' ? order : (indices[order] ?? order)),
      )
      const { status, errors } = await run('ffmpeg', decodeArguments(file, size, indices), (chunk) => {
        onProgress()
        frames.push(chunk)
      })
      if (status !== 0 && frames.count === 0)
        throw new UnreadableVideo(file, errors.trim().split('\n').at(-1) ?? reasons.noFrame)
    },
  }
}

async function inspect(file: string, onProgress: () => void = () => {}): Promise<Inspection> {
  requireVideoFile(file)
  const chunks: Uint8Array[] = []
  const { errors } = await run('ffprobe', inspectArguments(file), (chunk) => {
    onProgress()
    chunks.push(chunk)
  })
  return parseInspection(file, Buffer.concat(chunks).toString('utf8'), errors)
}

function allowed(file: string): string[] {
  const format = pictureFormatOf(file)
  const options = Object.entries(inputOptionsOf(file)).flatMap(([name, value]) => [`-${name}`, value])
  return [...options, ...(format === undefined ? [] : ['-f', format])]
}

/** What ffprobe reads: the headers, all packets, or all packets and their frames. */
type ProbeLevel = 'header' | 'packets' | 'frames'

/** Arguments for ffprobe: one JSON document with the streams and the format, with the time of every packet, and after decoding. */
export function inspectArguments(file: string, level: ProbeLevel = 'frames'): string[] {
  const entries = [
    'packet=stream_index,pts_time,dts_time,duration_time,size,pos,flags',
    'stream=index,codec_type,codec_name,width,height,pix_fmt,avg_frame_rate,r_frame_rate,duration,nb_frames,nb_read_frames,nb_read_packets',
    'stream_disposition=attached_pic',
    'stream_side_data=rotation',
    'format=format_name',
  ]
  return [
    '-v',
    'error',
    '-threads',
    '1',
    ...(level === 'frames' ? ['-count_frames'] : []),
    ...(level === 'header' ? [] : ['-count_packets', '-show_packets']),
    '-show_streams',
    '-show_format',
    '-show_entries',
    entries.slice(level === 'header' ? 1 : 0).join(':'),
    '-of',
    'json',
    // What follows a picture in its file is a thumbnail or a map of its brightness.
    ...(isPictureFile(file) ? ['-read_intervals', '%+#1'] : []),
    ...allowed(file),
    '-i',
    inputOf(file),
  ]
}

/** Arguments for ffmpeg: the wanted frames, rotated and scaled, as raw RGB on standard output. */
export function decodeArguments(file: string, size: Size, indices: readonly number[] | 'all'): string[] {
  const select = indices === 'all' ? [] : [`select='${indices.map((index) => `eq(n,${index})`).join('+')}'`]
  const count = isPictureFile(file) ? 1 : indices === 'all' ? undefined : indices.length
  const limit = count === undefined ? [] : ['-frames:v', String(count)]
  const filters = [...select, ...scaleToRgb(size)].join(',')
  return [
    '-v',
    'error',
    '-nostdin',
    '-threads',
    '1',
    // The orientation in the head of a picture is not used, as published code reads pictures.
    ...(isPictureFile(file) ? ['-noautorotate'] : []),
    ...allowed(file),
    '-i',
    inputOf(file),
    '-map',
    '0:V:0',
    '-vf',
    filters,
    '-fps_mode',
    'passthrough',
    ...limit,
    '-f',
    'rawvideo',
    '-',
  ]
}

const seconds = z.coerce.number().optional()
const ffprobeDocument = z.object({
  packets: z
    .array(
      z.object({
        stream_index: z.int(),
        pts_time: seconds,
        dts_time: seconds,
        duration_time: seconds,
        size: z.coerce.number().default(0),
        pos: z.coerce.number().optional(),
        flags: z.string().default(''),
      }),
    )
    .default([]),
  streams: z
    .array(
      z.object({
        index: z.int(),
        codec_type: z.string().optional(),
        codec_name: z.string().default('unknown'),
        width: z.int().default(0),
        height: z.int().default(0),
        pix_fmt: z.string().default('unknown'),
        duration: seconds,
        avg_frame_rate: z.string().default('0/0'),
        r_frame_rate: z.string().default('0/0'),
        nb_frames: z.coerce.number().default(0),
        nb_read_frames: z.coerce.number().default(0),
        nb_read_packets: z.coerce.number().default(0),
        disposition: z.object({ attached_pic: z.int().default(0) }).optional(),
        side_data_list: z.array(z.object({ rotation: z.number().optional() })).default([]),
      }),
    )
    .default([]),
  format: z.object({ format_name: z.string().default('') }).optional(),
})

/**
 * Reads ffprobe's document. Packets without a frame count as failed only if ffprobe reported errors too. Packets before the first
 * key frame do not count: a recording may begin in the middle of a group of pictures.
 * @throws UnreadableVideo if the document describes no video.
 */
export function parseInspection(file: string, json: string, errors: string): Inspection {
  const { packets, stream, header } = parseDocument(file, json)
  const decodable = decodablePackets(packets, stream.index)
  const { nb_read_frames: frameCount, nb_read_packets: packetCount } = stream
  return inspectionOf({
    ...header,
    frameCount,
    packetCount,
    failedPackets: errors.trim() === '' ? 0 : Math.max(0, decodable.length - frameCount),
    readBytes: packets.reduce((last, { pos, size }) => (pos === undefined ? last : Math.max(last, pos + size)), 0),
    times: decodable.map(timeOf),
  })
}

/**
 * The same without decoding, from the packets if they were read.
 * @returns undefined if the headers alone do not tell
 * @throws UnreadableVideo if the document describes no video
 */
export function parseProbe(file: string, json: string): Inspection | undefined {
  const { packets, stream, header } = parseDocument(file, json)
  // ffprobe does not say which packets are hidden.
  if (mayHideFrames(header.codec)) return undefined
  const unread = { packetCount: 0, failedPackets: 0, readBytes: 0 }
  const times = decodablePackets(packets, stream.index).map(timeOf)
  if (times.length > 0)
    return inspectionOf({ ...header, ...unread, packetCount: times.length, frameCount: times.length, times })
  const { announcedFrames, frameRate } = header
  return agree(frameRate, announcedFrames, stream.duration ?? 0)
    ? inspectionOf({ ...header, ...unread, frameCount: announcedFrames, times: [] })
    : undefined
}

type ProbedPacket = z.infer<typeof ffprobeDocument>['packets'][number]

/** The packets of a stream whose frames are shown: from its first key frame on, which ffprobe marks with K, without those that an edit list hides, with D. */
function decodablePackets(packets: readonly ProbedPacket[], streamIndex: number): ProbedPacket[] {
  const ofStream = packets.filter(({ stream_index }) => stream_index === streamIndex)
  const firstKey = ofStream.findIndex(({ flags }) => flags.includes('K'))
  return ofStream.slice(Math.max(0, firstKey)).filter(({ flags }) => !flags.includes('D'))
}

const timeOf = ({ dts_time, pts_time, duration_time }: ProbedPacket): PacketTime => ({
  decodedAt: dts_time,
  shownAt: pts_time,
  duration: duration_time ?? 0,
})

/** @throws UnreadableVideo if the document describes no video */
function parseDocument(file: string, json: string) {
  const { packets, streams, format } = parseJson(json) ?? {}
  if (packets === undefined || streams === undefined || format === undefined)
    throw new UnreadableVideo(file, reasons.notVideo)
  const stream = streams.find(
    (candidate) => candidate.codec_type === 'video' && candidate.disposition?.attached_pic !== 1,
  )
  if (stream === undefined) throw new UnreadableVideo(file, reasons.noVideoStream)
  const sides = isPictureFile(file) ? [] : stream.side_data_list
  const header = {
    codec: stream.codec_name,
    pixelFormat: stream.pix_fmt,
    isRotated: sides.some(({ rotation }) => (rotation ?? 0) !== 0),
    storedSize: { width: stream.width, height: stream.height },
    isSideways: sides.some(({ rotation }) => rotation !== undefined && Math.abs(rotation) % 180 === 90),
    // A stream without a container has the rate of its header; FFmpeg assumes 25 for its container.
    frameRate:
      (format.format_name === rawMpegVideo ? 0 : parseRate(stream.avg_frame_rate)) || parseRate(stream.r_frame_rate),
    announcedFrames: stream.nb_frames,
    formatNames: format.format_name,
  }
  return { packets, stream, header }
}

function parseJson(json: string): z.infer<typeof ffprobeDocument> | undefined {
  try {
    return ffprobeDocument.parse(JSON.parse(json))
  } catch {
    return undefined
  }
}

function parseRate(rate: string): number {
  const [numerator = 0, denominator = 0] = rate.split('/').map(Number)
  return denominator > 0 ? numerator / denominator : 0
}

/** Splits a byte stream into RGB frames. A last partial frame is dropped. */
export class FrameSplitter {
  count = 0
  private readonly bytesPerFrame: number
  private readonly visit: (pixels: Uint8Array, order: number) => void
  private readonly frame: Uint8Array
  private filled = 0

  constructor(size: Size, visit: (pixels: Uint8Array, order: number) => void) {
    this.bytesPerFrame = size.width * size.height * 3
    this.visit = visit
    this.frame = new Uint8Array(this.bytesPerFrame)
  }

  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      const bytes = chunk.subarray(at, at + this.bytesPerFrame - this.filled)
      this.frame.set(bytes, this.filled)
      this.filled += bytes.length
      at += bytes.length
      if (this.filled < this.bytesPerFrame) return
      this.visit(this.frame, this.count++)
      this.filled = 0
    }
  }
}

/** Programs that run. They end with this process: one that waits for a file would outlive it. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Runs a program and passes its output to `onOutput` in chunks. An error thrown there kills the program. */
function run(
  program: string,
  args: string[],
  onOutput: (chunk: Uint8Array) => void,
): Promise<{ status: number | null; errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    running.add(child)
    const errors: Uint8Array[] = []
    child.stdout.on('data', (chunk: Uint8Array) => {
      try {
        onOutput(chunk)
      } catch (error) {
        child.kill('SIGKILL')
        reject(error)
      }
    })
    child.stderr.on('data', (chunk: Uint8Array) => errors.push(chunk))
    child.on('error', (cause) => {
      running.delete(child)
      reject(cause)
    })
    child.on('exit', () => running.delete(child))
    child.on('close', (status) => resolve({ status, errors: Buffer.concat(errors).toString('utf8') }))
  })
}
