import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { loadNodeAv, openNodeAv } from '#training/video/decode/node-av.ts'
import { type OddVideo, writeOddVideo } from '../../../support/odd-videos.ts'
import { compareChanged, headerOf, indexed, probed, xorshift } from '../../../support/plain-headers.ts'
import { writeSound } from '../../../support/videos/write-video.ts'

// The index check believes what it reads in a plain WebM file, so it has to find there what FFmpeg finds.

const folder = mkdtempSync(join(tmpdir(), 'matroska-header-'))
afterAll(() => rmSync(folder, { recursive: true }))
const decoder = await openNodeAv()

const fast = { deadline: 'realtime', 'cpu-used': '8', b: '100000', 'lag-in-frames': '0' }
/** As encoders do by default: some frames are not shown, and looked at ahead. */
const alternate = { deadline: 'good', 'cpu-used': '5', b: '60000', 'auto-alt-ref': '1', 'lag-in-frames': '16' }
const vp9: OddVideo = { encoder: 'libvpx-vp9', container: 'webm', options: fast, statesRate: true }
const vp8: OddVideo = { ...vp9, encoder: 'libvpx' }

async function write(name: string, video: OddVideo): Promise<string> {
  const file = join(folder, name)
  await writeOddVideo(file, video)
  return file
}

const plain: Record<string, OddVideo> = {
  'VP9.webm': vp9,
  'VP8.webm': vp8,
  'VP9 in Matroska.mkv': { ...vp9, container: 'matroska' },
  'VP9 with frames that are not shown.webm': { ...vp9, options: alternate, frameCount: 48 },
  'VP8 with frames that are not shown.webm': { ...vp8, options: alternate, frameCount: 48 },
  'an odd size.webm': { ...vp9, width: 97, height: 65 },
  'several clusters.webm': { ...vp9, frameCount: 60, containerOptions: { cluster_time_limit: '500' } },
  'the index first.webm': { ...vp9, containerOptions: { cues_to_front: '1', reserve_index_space: '1000' } },
  'one frame.webm': { ...vp9, frameCount: 1 },
  'another rate than the stated one.webm': { ...vp9, timeOf: (index) => 2 * index },
  'variable rate.webm': { ...vp9, timeOf: (index) => (index < 12 ? index : 2 * index - 11) },
  'a late start.webm': { ...vp9, timeOf: (index) => index + 240 },
}

test.each(Object.entries(plain))('%s is read as FFmpeg reads it', async (name, video) => {
  const file = await write(name, video)
  expect(headerOf(readFileSync(file))).toBeDefined()
  expect(await indexed(decoder, file)).toEqual(await probed(decoder, file))
})

test('frames of VP8 that are not shown are not counted', async () => {
  const file = await write('hidden.webm', vp8)
  const bytes = readFileSync(file)
  // Blocks of the first track with a size of two bytes, that are no key frames.
  const matches = [...bytes.toString('hex').matchAll(/a3[4-7][0-9a-f]{3}81[0-9a-f]{4}00/g)]
  const blocks = matches.map(({ index }) => index / 2).filter((at) => Number.isInteger(at))
  for (const at of [blocks[3]!, blocks[7]!, blocks.at(-1)!]) bytes.writeUInt8(bytes.readUInt8(at + 7) & ~0x10, at + 7)
  writeFileSync(file, bytes)
  expect(headerOf(bytes)?.frameCount).toBe(21)
  expect(await indexed(decoder, file)).toEqual(await probed(decoder, file))
})

test('a video with sound is read as FFmpeg reads it', async () => {
  const sound = join(folder, 'sound.mp4')
  await writeSound(sound)
  const file = await write('with sound.mkv', { ...vp9, container: 'matroska', beside: sound })
  expect(headerOf(readFileSync(file))).toBeDefined()
  expect(await indexed(decoder, file)).toEqual(await probed(decoder, file))
})

/** Changes bytes of a plain file. */
async function patched(name: string, change: (bytes: Buffer) => Buffer | void): Promise<string> {
  const file = await write(name, vp9)
  const bytes = readFileSync(file)
  expect(headerOf(bytes)).toBeDefined()
  writeFileSync(file, change(bytes) ?? bytes)
  return file
}

/** Writes bytes where others are, some bytes behind them. */
function replace(bytes: Buffer, found: string, offset: number, hex: string): void {
  const at = bytes.indexOf(Buffer.from(found, 'hex'))
  expect(at).toBeGreaterThan(0)
  bytes.write(hex, at + offset, 'hex')
}

// The identifiers are those of RFC 9559.
const cluster = '1f43b675'
const frameLength = '23e38384'
/** The head of a block of the first track that begins a cluster, behind its size. */
const firstBlock = '81000080'

const notPlain: Record<string, () => Promise<string>> = {
  'no stated rate': () => write('no-rate.webm', { ...vp9, statesRate: false }),
  'a live recording': () => write('live.webm', { ...vp9, containerOptions: { live: '1' } }),
  'VP9 of 4:4:4': () => write('444.webm', { ...vp9, pixelFormat: 'yuv444p' }),
  'VP9 of 10 bits': () => write('10-bit.webm', { ...vp9, pixelFormat: 'yuv420p10' }),
  'transparent VP9': () =>
    write('alpha.webm', { ...vp8, pixelFormat: 'yuva420p', options: { b: '100000', 'auto-alt-ref': '0' } }),
  'H.264': () =>
    write('h264.mkv', {
      encoder: 'libx264',
      container: 'matroska',
      options: { preset: 'ultrafast' },
      statesRate: true,
    }),
  'cover art': () => write('cover.mkv', { ...vp9, container: 'matroska', cover: 'after' }),
  'a second video': async () => write('double.webm', { ...vp9, beside: await write('single.webm', vp9) }),
  'another time scale': () => patched('scale.webm', (bytes) => replace(bytes, '2ad7b183', 4, '07a120')),
  'another size in the track': () => patched('size.webm', (bytes) => replace(bytes, 'b08160', 2, '62')),
  'a first frame that is no key frame': () =>
    patched('key.webm', (bytes) => replace(bytes, `${firstBlock}82`, 4, '86')),
  'blocks with several frames': () => patched('lacing.webm', (bytes) => replace(bytes, firstBlock, 3, '82')),
  'blocks of another track': () => patched('track.webm', (bytes) => replace(bytes, firstBlock, 0, '85')),
  'frames that last no millisecond': () => patched('short.webm', (bytes) => replace(bytes, frameLength, 4, '00000100')),
  'an unknown element': () => patched('unknown.webm', (bytes) => replace(bytes, '114d9b74', 0, '114d9b75')),
  'another version': () => patched('version.webm', (bytes) => replace(bytes, '428581', 3, '04')),
  'a byte behind the last element': () => patched('longer.webm', (bytes) => Buffer.concat([bytes, Buffer.from([0])])),
  'a cluster that is cut': () => patched('cut.webm', (bytes) => bytes.subarray(0, -1000)),
  'no frames': () => patched('empty.webm', (bytes) => bytes.subarray(0, bytes.indexOf(Buffer.from(cluster, 'hex')))),
}

test.each(Object.entries(notPlain))('%s: FFmpeg reads it', async (_, make) => {
  const file = await make()
  expect(headerOf(readFileSync(file))).toBeUndefined()
})

test.each(Object.entries(notPlain).filter(([name]) => !name.includes('cut') && name !== 'no frames'))(
  '%s: the index check finds what FFmpeg finds',
  async (_, make) => {
    const file = await make()
    expect(await indexed(decoder, file)).toEqual(await probed(decoder, file))
  },
)

test('the frame rate is the fraction that FFmpeg makes of the length of a frame', async () => {
  const { FormatContext } = await loadNodeAv()
  const file = await write('rates.webm', vp9)
  const bytes = readFileSync(file)
  const random = xorshift(7)
  const usual = [12, 15, 24, 24_000 / 1001, 25, 30, 30_000 / 1001, 50, 60, 60_000 / 1001]
  const lengths = [
    ...usual.flatMap((rate) => [Math.floor(1e9 / rate), Math.ceil(1e9 / rate)]),
    ...Array.from({ length: 300 }, () => 1e6 + (random() % 1e8)),
  ]
  for (const length of lengths) {
    replace(bytes, frameLength, 4, length.toString(16).padStart(8, '0'))
    writeFileSync(file, bytes)
    const format = new FormatContext()
    expect(format.openInputSync(file, null, null)).toBe(0)
    const { num, den } = format.streams[0]!.avgFrameRate
    format.closeInputSync()
    expect({ length, rate: headerOf(bytes)?.frameRate }).toEqual({ length, rate: num / den })
  }
})

test('whatever a changed byte outside of frames makes of a plain file, FFmpeg reads the same', async () => {
  const file = await write('changed.webm', { ...vp9, frameCount: 12 })
  const original = readFileSync(file)
  const end = original.indexOf(Buffer.from(cluster, 'hex')) + 24
  const { plain, differences } = await compareChanged(decoder, { file, original, from: 0, to: end, rounds: 800 })
  expect(differences).toEqual([])
  expect(plain).toBeGreaterThan(100)
})
