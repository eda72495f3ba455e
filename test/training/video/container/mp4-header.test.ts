import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openNodeAv } from '#training/video/decode/node-av.ts'
import { type OddVideo, writeOddVideo } from '../../../support/odd-videos.ts'
import { compareChanged, headerOf, indexed, probed } from '../../../support/plain-headers.ts'
import { setDisplayMatrix } from '../../../support/videos/readable.ts'
import { writeSound } from '../../../support/videos/write-video.ts'

// The index check believes what it reads in the index of a plain MP4 file, so it has to find there what FFmpeg finds.

const folder = mkdtempSync(join(tmpdir(), 'mp4-header-'))
afterAll(() => rmSync(folder, { recursive: true }))
const decoder = await openNodeAv()

const fast = { preset: 'ultrafast', crf: '30' }
const bFrames = { preset: 'veryfast', crf: '30', bf: '2' }
const h264: OddVideo = { encoder: 'libx264', container: 'mp4', options: fast }
const atStart = { movflags: 'faststart' }

async function write(name: string, video: OddVideo): Promise<string> {
  const file = join(folder, name)
  await writeOddVideo(file, video)
  return file
}

const plain: Record<string, OddVideo> = {
  'index last.mp4': h264,
  'index first.mp4': { ...h264, containerOptions: atStart },
  'QuickTime.mov': { ...h264, container: 'mov' },
  'a phone.3gp': { ...h264, container: '3gp' },
  'B-frames.mp4': { ...h264, options: bFrames },
  'B-frames in QuickTime.mov': { ...h264, container: 'mov', options: bFrames },
  'B-frames with negative delays.mp4': {
    ...h264,
    options: bFrames,
    containerOptions: { movflags: 'negative_cts_offsets' },
  },
  'baseline.mp4': { ...h264, options: { ...fast, profile: 'baseline' } },
  'main.mp4': { ...h264, options: { ...bFrames, profile: 'main' } },
  'high.mp4': { ...h264, options: { ...bFrames, profile: 'high' } },
  'a cropped size.mp4': { ...h264, width: 98, height: 66 },
  'a large size.mp4': { ...h264, width: 1280, height: 720, frameCount: 3 },
  'one frame.mp4': { ...h264, frameCount: 1 },
  'many key frames.mp4': { ...h264, options: { ...fast, g: '1' } },
  'another time scale.mp4': { ...h264, containerOptions: { video_track_timescale: '90000' } },
  'variable rate.mp4': { ...h264, timeOf: (index) => (index < 12 ? index : 2 * index - 11) },
  'a rate that changes with each frame.mp4': { ...h264, timeOf: (index) => index ** 2 },
  'wide pixels.mp4': { ...h264, options: { ...fast, 'x264-params': 'sar=4/3' } },
  'stated colours.mp4': { ...h264, options: { ...fast, colorspace: 'bt709', color_range: 'tv' } },
  'parameters in each key frame.mp4': { ...h264, options: { ...fast, 'x264-params': 'repeat-headers=1:aud=1' } },
  'without an edit list.mp4': { ...h264, containerOptions: { use_editlist: '0' } },
  'weighted references.mp4': { ...h264, options: { ...bFrames, 'x264-params': 'weightp=2:ref=4:bframes=3' } },
}

test.each(Object.entries(plain))('%s is read as FFmpeg reads it', async (name, video) => {
  const file = await write(name, video)
  expect(headerOf(readFileSync(file))).toBeDefined()
  expect(await indexed(decoder, file)).toEqual(await probed(decoder, file))
})

test('a video with sound is read as FFmpeg reads it', async () => {
  const sound = join(folder, 'sound.mp4')
  await writeSound(sound)
  for (const name of ['with sound.mp4', 'with sound.mov']) {
    const file = await write(name, { ...h264, container: name.slice(-3), options: bFrames, beside: sound })
    expect(headerOf(readFileSync(file))).toBeDefined()
    expect(await indexed(decoder, file)).toEqual(await probed(decoder, file))
  }
})

/** Changes bytes of a plain file. */
async function patched(name: string, change: (bytes: Buffer) => Buffer | void, video = h264): Promise<string> {
  const file = await write(name, video)
  const bytes = readFileSync(file)
  expect(headerOf(bytes)).toBeDefined()
  writeFileSync(file, change(bytes) ?? bytes)
  return file
}

/** Position of what follows the name of a box. */
const inside = (bytes: Buffer, box: string): number => bytes.indexOf(box) + 4

function add(bytes: Buffer, box: string, offset: number, amount: number): void {
  const at = inside(bytes, box) + offset
  bytes.writeUInt32BE(bytes.readUInt32BE(at) + amount, at)
}

/**
 * A file with the content of the first box at a path of types changed.
 * @param path from the outermost type to the innermost one
 */
function withBox(bytes: Buffer, [type = '', ...rest]: readonly string[], to: string, change: Change): Buffer {
  const at = bytes.indexOf(type) - 4
  const size = bytes.readUInt32BE(at)
  const content = bytes.subarray(at + 8, at + size)
  const changed = rest.length === 0 ? change(content) : withBox(content, rest, to, change)
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + changed.length)
  head.write(rest.length === 0 ? to : type, 4, 'latin1')
  return Buffer.concat([bytes.subarray(0, at), head, changed, bytes.subarray(at + size)])
}
type Change = (content: Buffer) => Buffer

/** Numbers of 32 bits behind the version and the flags of a box, some of them in 64 bits instead. */
const widened =
  (first: number, widths: readonly (4 | 8)[]): Change =>
  (content) => {
    const numbers = widths.map((width, index) => {
      const value = content.readUInt32BE(first + 4 * index)
      const number = Buffer.alloc(width)
      number.writeUInt32BE(value, width - 4)
      return number
    })
    const rest = content.subarray(first + 4 * widths.length)
    return Buffer.concat([Buffer.from([first === 4 ? 1 : 0]), content.subarray(1, first), ...numbers, rest])
  }

const inTrack = ['moov', 'trak']
const inTable = [...inTrack, 'mdia', 'minf', 'stbl']
test.each<[string, (bytes: Buffer) => Buffer]>([
  ['positions', (bytes) => withBox(bytes, [...inTable, 'stco'], 'co64', widened(8, [8]))],
  ['times of the movie', (bytes) => withBox(bytes, ['moov', 'mvhd'], 'mvhd', widened(4, [8, 8, 4, 8]))],
  ['times of the track', (bytes) => withBox(bytes, [...inTrack, 'tkhd'], 'tkhd', widened(4, [8, 8, 4, 4, 8]))],
  ['times of the media', (bytes) => withBox(bytes, [...inTrack, 'mdia', 'mdhd'], 'mdhd', widened(4, [8, 8, 4, 8]))],
  ['an edit list', (bytes) => withBox(bytes, [...inTrack, 'edts', 'elst'], 'elst', widened(4, [4, 8, 8]))],
])('%s in 64 bits are read as FFmpeg reads them', async (name, change) => {
  const file = await write(`${name}.mp4`, h264)
  const bytes = change(readFileSync(file))
  writeFileSync(file, bytes)
  expect(headerOf(bytes)).toBeDefined()
  expect(await indexed(decoder, file)).toEqual(await probed(decoder, file))
})

/** Where a description has width and height, 16 bits each, behind the name of the box around it. */
const sizeInStsd = 40

test('a video that is cropped at each side is read as FFmpeg reads it', async () => {
  const file = await write('cropped.mp4', { ...h264, options: { ...fast, 'x264-params': 'crop-rect=4,2,6,8' } })
  const bytes = readFileSync(file)
  // The encoder tells the container of no cropping.
  expect(headerOf(bytes)).toBeUndefined()
  bytes.writeUInt32BE((86 << 16) | 54, inside(bytes, 'stsd') + sizeInStsd)
  writeFileSync(file, bytes)
  expect(headerOf(bytes)).toMatchObject({ width: 86, height: 54 })
  expect(await indexed(decoder, file)).toEqual(await probed(decoder, file))
})

const notPlain: Record<string, () => Promise<string>> = {
  'a turned picture': async () => {
    const file = await write('turned.mp4', h264)
    setDisplayMatrix(file, [0, 1, -1, 0])
    return file
  },
  'a mirrored movie': () => patched('mirrored.mp4', (bytes) => add(bytes, 'mvhd', 36, 0xfffe_0000)),
  'cover art': () => write('cover.mp4', { ...h264, cover: 'after' }),
  'an edit list that cuts the start': () =>
    patched('cut-start.mp4', (bytes) => add(bytes, 'elst', 12, 2048), { ...h264, options: bFrames }),
  'an edit list that cuts the end': () => patched('cut-end.mp4', (bytes) => add(bytes, 'elst', 8, -500)),
  'an edit list that repeats': () =>
    write('two-edits.mp4', { ...h264, timeOf: (index) => index + 6, containerOptions: { use_editlist: '1' } }),
  'an edit list that is slow': () => patched('slow.mp4', (bytes) => add(bytes, 'elst', 16, -0x8000)),
  fragments: () => write('fragments.mp4', { ...h264, containerOptions: { movflags: 'frag_keyframe+empty_moov' } }),
  'interlaced frames': () =>
    write('interlaced.mp4', { ...h264, options: { ...fast, 'x264-params': 'tff=1' }, isInterlaced: true }),
  '10 bits': () => write('10-bit.mp4', { ...h264, pixelFormat: 'yuv420p10' }),
  '4:2:2': () => write('422.mp4', { ...h264, pixelFormat: 'yuv422p10' }),
  '4:4:4': () => write('444.mp4', { ...h264, pixelFormat: 'yuv444p' }),
  'full range': () => write('full.mp4', { ...h264, pixelFormat: 'yuvj420p' }),
  'a second video': async () => write('double.mp4', { ...h264, beside: await write('single.mp4', h264) }),
  'two descriptions': () => patched('descriptions.mp4', (bytes) => add(bytes, 'stsd', 4, 1)),
  'other parameters before the first frame': () =>
    patched(
      'parameters.mp4',
      (bytes) => {
        const length = bytes.readUInt16BE(inside(bytes, 'avcC') + 6)
        const unit = bytes.subarray(inside(bytes, 'avcC') + 8, inside(bytes, 'avcC') + 8 + length)
        const copy = bytes.indexOf(unit)
        // Another level: the size stays the same.
        bytes.writeUInt8(bytes.readUInt8(copy + 3) + 1, copy + 3)
      },
      { ...h264, options: { ...fast, 'x264-params': 'repeat-headers=1' } },
    ),
  'fewer times than frames': () => patched('stts.mp4', (bytes) => add(bytes, 'stts', 8, -1)),
  'more sizes than frames': () => patched('stsz.mp4', (bytes) => add(bytes, 'stsz', 8, 1)),
  'more frames in chunks': () => patched('stsc.mp4', (bytes) => add(bytes, 'stsc', 12, 1)),
  'frames behind the end of the file': () => patched('stco.mp4', (bytes) => add(bytes, 'stco', 8, bytes.length)),
  'another length of the track': () => patched('mdhd.mp4', (bytes) => add(bytes, 'mdhd', 16, 5000)),
  'another size in the index': () => patched('size.mp4', (bytes) => add(bytes, 'stsd', sizeInStsd, 2)),
  'no key frame at the start': () => patched('stss.mp4', (bytes) => add(bytes, 'stss', 8, 1)),
  'a palette': () => patched('palette.mp4', (bytes) => add(bytes, 'stsd', 88, 8 - 24)),
  'frames in another file': () => patched('elsewhere.mp4', (bytes) => add(bytes, 'dref', 4, 1)),
  'a box that is not known': () => patched('unknown.mp4', (bytes) => void bytes.write('what', bytes.indexOf('btrt'))),
  'a track that is neither video nor sound': async () => {
    const sound = join(folder, 'sound-2.mp4')
    await writeSound(sound)
    const file = await write('text.mp4', { ...h264, beside: sound })
    const bytes = readFileSync(file)
    bytes.write('text', bytes.indexOf('soun'))
    writeFileSync(file, bytes)
    return file
  },
  'an index that is cut': () => patched('cut.mp4', (bytes) => bytes.subarray(0, -40)),
  MPEG4: () => write('mpeg4.mp4', { encoder: 'mpeg4', container: 'mp4', options: { b: '600000' } }),
  HEVC: () =>
    write('hevc.mp4', {
      encoder: 'libx265',
      container: 'mp4',
      options: { preset: 'ultrafast', 'x265-params': 'log-level=none:pools=1' },
    }),
}

test.each(Object.entries(notPlain))('%s: FFmpeg reads it', async (_, make) => {
  const file = await make()
  expect(headerOf(readFileSync(file))).toBeUndefined()
  expect(await indexed(decoder, file)).toEqual(await probed(decoder, file))
})

test('whatever a changed byte of the index makes of a plain file, FFmpeg reads the same', async () => {
  const file = await write('changed.mp4', { ...h264, options: bFrames, width: 98, height: 66, frameCount: 12 })
  const original = readFileSync(file)
  const start = original.indexOf('moov') + 4
  const changes = { file, original, from: start, to: original.length, rounds: 1000 }
  const { plain, differences } = await compareChanged(decoder, changes)
  expect(differences).toEqual([])
  expect(plain).toBeGreaterThan(100)
})
