import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Size } from '#training/data/geometry.ts'
import type { Decoder } from '#training/video/decode/decoder.ts'
import { openFfmpeg } from '#training/video/decode/ffmpeg.ts'
import { inspectFile } from '#training/video/decode/inspect-file.ts'
import { openNodeAv } from '#training/video/decode/node-av.ts'
import { notRun } from '../../../support/not-run.ts'
import { type OddVideo, writeOddVideo } from '../../../support/odd-videos.ts'
import { type PlainFrame, plainFrames } from '../../../support/plain-decode.ts'
import { setDisplayMatrix } from '../../../support/videos/readable.ts'

// Files as cameras, broadcasts and editors leave them. The decoder of the studio has to find the frames of a plain decode from the first
// packet to the last, no more and no less, with their pixels.

const folder = mkdtempSync(join(tmpdir(), 'odd-files-'))
afterAll(() => rmSync(folder, { recursive: true }))
const decoder = await openNodeAv()

const h264: OddVideo = { encoder: 'libx264', container: 'mp4', options: { preset: 'ultrafast', crf: '20' } }
const bFrames = { preset: 'veryfast', crf: '20', bf: '2' }
const mpeg2: OddVideo = { encoder: 'mpeg2video', container: 'mpeg2video', options: { b: '2000000', bf: '2' } }

async function write(name: string, video: OddVideo): Promise<string> {
  const file = join(folder, name)
  await writeOddVideo(file, video)
  return file
}

/** Replaces a number of 32 bits that follows the name of an MP4 box. */
function patch(file: string, box: string, offset: number, change: (value: number) => number): string {
  const bytes = readFileSync(file)
  const at = bytes.indexOf(box) + 4 + offset
  bytes.writeInt32BE(change(bytes.readInt32BE(at)), at)
  writeFileSync(file, bytes)
  return file
}

/** The time scale of the track of an MP4. */
const trackScale = (file: string): number => {
  const bytes = readFileSync(file)
  return bytes.readUInt32BE(bytes.indexOf('mdhd') + 4 + 12)
}

/** One file after the other in one. */
function joined(name: string, parts: readonly string[]): string {
  const file = join(folder, name)
  writeFileSync(file, Buffer.concat(parts.map((part) => readFileSync(part))))
  return file
}

/** Without the bytes before the packet of a transport stream that is nearest to a share of the file. */
function fromPacket(file: string, share: number): string {
  const bytes = readFileSync(file)
  writeFileSync(file, bytes.subarray(188 * Math.floor((bytes.length / 188) * share)))
  return file
}

/** VP8 of which some frames are not shown, as encoders add them for others to refer to. */
async function withHiddenFrames(name: string, container: string): Promise<string> {
  const video = { encoder: 'libvpx', options: { b: '200000' } }
  const [plain, file] = [
    await write(`${name}.ivf`, { ...video, container: 'ivf' }),
    await write(name, { ...video, container }),
  ]
  const [frames, bytes] = [readFileSync(plain), readFileSync(file)]
  for (let index = 0, at = frames.readUInt16LE(6); at < frames.length; index++) {
    const frame = frames.subarray(at + 12, at + 12 + frames.readUInt32LE(at))
    const inFile = bytes.indexOf(frame)
    // Bit 4 of its first byte says whether it is shown (RFC 6386, section 9.1).
    if ([5, 9, 17].includes(index)) bytes.writeUInt8(bytes.readUInt8(inFile) & ~0x10, inFile)
    at += 12 + frame.length
  }
  writeFileSync(file, bytes)
  return file
}

interface OddFile {
  readonly name: string
  readonly make: () => Promise<string>
  /** If it follows from how the file is made. */
  readonly frameCount?: number
  /** Whether only decoding tells how many frames it has. */
  readonly isUnstated?: true
  /** What makes it odd, where a decode shows it. */
  readonly isOdd?: (frames: readonly PlainFrame[]) => boolean
}
const areInterlaced: OddFile['isOdd'] = (frames) => frames.every(({ isInterlaced }) => isInterlaced)
const differInSize: OddFile['isOdd'] = (frames) => new Set(frames.map(({ storedWidth }) => storedWidth)).size === 2
const afterGap = (index: number) => (index < 9 ? index : index + 480)
const large = { width: 160, height: 96 }

const files: readonly OddFile[] = [
  {
    name: 'variable rate',
    make: () => write('variable.mp4', { ...h264, timeOf: (index) => index ** 2 }),
    frameCount: 24,
  },
  {
    name: 'a gap of 20 seconds',
    make: () => write('gap.mkv', { ...h264, container: 'matroska', timeOf: afterGap }),
    frameCount: 24,
  },
  {
    name: 'a gap in a transport stream',
    make: () => write('gap.ts', { ...h264, container: 'mpegts', timeOf: afterGap }),
    frameCount: 24,
  },
  {
    name: 'times that start after an hour',
    make: () => write('offset.ts', { ...h264, container: 'mpegts', timeOf: (index) => index + 86_400 }),
    frameCount: 24,
  },
  {
    name: 'times that start below zero',
    make: () => write('negative.mp4', { ...h264, options: bFrames, timeOf: (index) => index - 10 }),
  },
  {
    name: 'an edit list for the delay of B-frames',
    make: () => write('b.mp4', { ...h264, options: bFrames }),
    frameCount: 24,
  },
  {
    name: 'an edit list that shows nothing at first',
    make: () =>
      write('empty-edit.mp4', { ...h264, timeOf: (index) => index + 6, containerOptions: { use_editlist: '1' } }),
    frameCount: 24,
  },
  {
    name: 'an edit list that begins between key frames',
    make: async () => {
      const file = await write('edit.mp4', { ...h264, options: bFrames })
      return patch(file, 'elst', 8 + 4, (start) => start + (5 * trackScale(file)) / 24)
    },
    frameCount: 19,
    isUnstated: true,
  },
  {
    name: 'fragments',
    make: () => write('fragments.mp4', { ...h264, containerOptions: { movflags: 'frag_keyframe+empty_moov' } }),
    frameCount: 24,
  },
  {
    name: 'alpha in QuickTime Animation',
    make: () => write('alpha.mov', { encoder: 'qtrle', container: 'mov', pixelFormat: 'argb' }),
    frameCount: 24,
  },
  {
    name: 'alpha in PNG',
    make: () => write('png.mov', { encoder: 'png', container: 'mov', pixelFormat: 'rgba' }),
    frameCount: 24,
  },
  {
    name: 'an alpha plane',
    make: () => write('alpha.mkv', { encoder: 'ffv1', container: 'matroska', pixelFormat: 'yuva420p' }),
    frameCount: 24,
  },
  {
    name: 'interlaced MPEG-2',
    make: () => write('interlaced.mpg', { ...mpeg2, container: 'mpeg', isInterlaced: true }),
    frameCount: 24,
    isOdd: areInterlaced,
  },
  {
    name: 'interlaced H.264',
    make: () => {
      const options = { preset: 'ultrafast', 'x264-params': 'tff=1' }
      return write('interlaced.mkv', { ...h264, container: 'matroska', options, isInterlaced: true })
    },
    frameCount: 24,
    isOdd: areInterlaced,
  },
  {
    name: '10 bits in 4:2:0',
    make: () => write('ten.mkv', { encoder: 'ffv1', container: 'matroska', pixelFormat: 'yuv420p10' }),
    frameCount: 24,
  },
  { name: '10 bits in 4:2:2', make: () => write('ten.mp4', { ...h264, pixelFormat: 'yuv422p10' }), frameCount: 24 },
  {
    // A decoder gives up the frame that it holds back where the size changes.
    name: 'another size from the middle on',
    make: async () =>
      joined('sizes.m2v', [await write('small.m2v', mpeg2), await write('large.m2v', { ...mpeg2, ...large })]),
    frameCount: 47,
    isOdd: differInSize,
    isUnstated: true,
  },
  {
    name: 'another size from the middle on, in a transport stream',
    make: async () => {
      const ts = { ...mpeg2, container: 'mpegts' }
      return joined('sizes.ts', [
        await write('small.ts', ts),
        await write('large.ts', { ...ts, ...large, timeOf: (index) => index + 24 }),
      ])
    },
    isOdd: differInSize,
    isUnstated: true,
  },
  { name: 'cover art after the video', make: () => write('cover.mp4', { ...h264, cover: 'after' }), frameCount: 24 },
  {
    name: 'cover art before the video',
    make: () => write('cover-first.mp4', { ...h264, cover: 'before' }),
    frameCount: 24,
  },
  {
    name: 'H.264 that begins in the middle of a group of pictures',
    make: async () => fromPacket(await write('middle.ts', { ...h264, container: 'mpegts', options: bFrames }), 0.3),
    isOdd: (frames) => frames.length < 20,
  },
  { name: 'alternate reference frames in WebM', make: () => withHiddenFrames('hidden.webm', 'webm'), frameCount: 21 },
  { name: 'alternate reference frames in IVF', make: () => withHiddenFrames('hidden-2.ivf', 'ivf'), frameCount: 21 },
  {
    name: 'alternate reference frames in AV1',
    make: () => write('alternate.mkv', { encoder: 'libsvtav1', container: 'matroska', options: { preset: '10' } }),
    frameCount: 24,
  },
  {
    name: 'MPEG-2 that begins in the middle of a group of pictures',
    make: async () => fromPacket(await write('middle-2.ts', { ...mpeg2, container: 'mpegts' }), 0.3),
    isOdd: (frames) => frames.length < 20,
    isUnstated: true,
  },
]

test.each(files)('$name', async ({ make, frameCount, isOdd = () => true }) => {
  const file = await make()
  const inspected = await inspectFile(decoder, file)
  if (inspected.state === 'broken') throw new Error(inspected.reason)
  const { width, height } = inspected.facts
  const plain = await plainFrames(file, { width, height })
  expect(plain.length).toBeGreaterThan(5)
  expect(isOdd(plain)).toBe(true)
  expect(inspected.facts.frameCount).toBe(plain.length)
  expect(plain.length).toBe(frameCount ?? plain.length)

  const decoded: Buffer[] = []
  await decoder.decode(file, { width, height }, 'all', (pixels, index) => void (decoded[index] = Buffer.from(pixels)))
  expect(decoded.length).toBe(plain.length)
  const differences = decoded.map((pixels, index) => largestDifference(pixels, plain[index]?.rgb ?? Buffer.alloc(0)))
  expect(Math.max(...differences)).toBe(0)

  const some = [0, 3, plain.length - 1]
  const chosen = new Map<number, Buffer>()
  await decoder.decode(file, { width, height }, some, (pixels, index) => void chosen.set(index, Buffer.from(pixels)))
  expect([...chosen.keys()]).toEqual(some)
  for (const index of some)
    expect(chosen.get(index)?.equals(decoded[index] ?? Buffer.alloc(0)), `frame ${index}`).toBe(true)
})

test.each(files.filter(({ isUnstated }) => isUnstated !== true))(
  '$name: what is read without decoding is what decoding finds',
  async ({ make }) => {
    const file = await make()
    const [decoded, read] = [await inspectFile(decoder, file), await inspectFile(decoder, file, { check: 'index' })]
    if (decoded.state === 'broken' || read.state === 'broken') throw new Error('The file is broken.')
    expect(read.facts).toEqual(decoded.facts)
  },
)

const programs = await openFfmpeg().catch(() => undefined)

describe('node-av and the programs ffmpeg and ffprobe', () => {
  notRun(programs === undefined ? 'ffmpeg and ffprobe are not on the PATH.' : undefined)

  test.each(files)('find the same frames: $name', async ({ make }) => {
    const file = await make()
    const inspected = await inspectFile(decoder, file)
    if (inspected.state === 'broken' || programs === undefined) throw new Error('The file cannot be compared.')
    const { width, height, frameCount } = inspected.facts
    expect(countedFrames(file)).toBe(frameCount)
    expect(await digestsOf(programs, file, { width, height })).toEqual(
      await digestsOf(decoder, file, { width, height }),
    )
  })
})

test('the frame of a file whose header states a rate and the length of one frame is counted', async () => {
  const file = await write('one.mkv', { ...h264, container: 'matroska', frameCount: 1, statesRate: true })
  expect(await decoder.probe(file)).toMatchObject({ frameCount: 1 })
})

test('a turned video has the frames of a plain decode, turned', async () => {
  const file = await write('turned.mp4', h264)
  setDisplayMatrix(file, [0, 1, -1, 0])
  const plain = await plainFrames(file)
  const inspected = await inspectFile(decoder, file)
  expect(inspected).toMatchObject({ state: 'readable', facts: { width: 64, height: 96, frameCount: 24 } })
  await decoder.decode(file, { width: 64, height: 96 }, 'all', (pixels, index) => {
    const turned = Buffer.alloc(pixels.length)
    for (let y = 0; y < 96; y++)
      for (let x = 0; x < 64; x++)
        for (let channel = 0; channel < 3; channel++)
          turned[(y * 64 + x) * 3 + channel] = plain[index]?.rgb[((63 - x) * 96 + y) * 3 + channel] ?? 0
    // Chroma is stored at half resolution, so that it is interpolated from the other side after a turn.
    expect(meanDifference(Buffer.from(pixels), turned), `frame ${index}`).toBeLessThan(6)
  })
})

const largestDifference = (a: Buffer, b: Buffer): number =>
  a.length !== b.length ? Infinity : a.reduce((most, value, at) => Math.max(most, Math.abs(value - (b[at] ?? 0))), 0)
const meanDifference = (a: Buffer, b: Buffer): number =>
  a.reduce((sum, value, at) => sum + Math.abs(value - (b[at] ?? 0)), 0) / a.length

/** As `ffprobe -count_frames` says. */
const countedFrames = (file: string): number => {
  const only = ['-v', 'quiet', '-select_streams', 'V:0', '-count_frames', '-show_entries', 'stream=nb_read_frames']
  const text = execFileSync('ffprobe', [...only, '-of', 'default=noprint_wrappers=1:nokey=1', file], {
    encoding: 'utf8',
  })
  return Number(text.split('\n')[0])
}

async function digestsOf(decoder: Decoder, file: string, size: Size): Promise<string[]> {
  const digests: string[] = []
  await decoder.decode(file, size, 'all', (pixels) => {
    digests.push(createHash('sha256').update(pixels).digest('hex').slice(0, 12))
  })
  return digests
}
