import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatFromHead } from '#training/video/container/container.ts'
import type { Decoder } from '#training/video/decode/decoder.ts'
import { openFfmpeg } from '#training/video/decode/ffmpeg.ts'
import { inspectFile } from '#training/video/decode/inspect-file.ts'
import { openNodeAv } from '#training/video/decode/node-av.ts'
import { crossing, h264 } from '../../../support/videos/readable.ts'
import { type VideoFormat, writeVideo } from '../../../support/videos/write-video.ts'

const ffmpeg = await openFfmpeg().catch(() => undefined)
const decoders: Decoder[] = [await openNodeAv(), ...(ffmpeg === undefined ? [] : [ffmpeg])]

const frameCount = 97
const scene = crossing({ width: 96, height: 64, frameCount })
const bitRate = { encoderOptions: { b: '600000' } }
const vp9 = {
  encoder: 'libvpx-vp9',
  container: 'webm',
  encoderOptions: { deadline: 'realtime', 'cpu-used': '8', crf: '40', b: '0' },
}
const fromStart = { movflags: 'faststart' }

/** Every container that the encoders of the tests can write. */
const containers: Record<string, VideoFormat> = {
  'index-last.mp4': h264,
  'index-first.mp4': { ...h264, containerOptions: fromStart },
  'fragments.mp4': { ...h264, containerOptions: { movflags: 'frag_keyframe+empty_moov' } },
  'quicktime.mov': { ...h264, container: 'mov', containerOptions: fromStart },
  'phone.3gp': { ...h264, container: '3gp', containerOptions: fromStart },
  'matroska.mkv': { ...h264, container: 'matroska' },
  'live.mkv': { ...h264, container: 'matroska', containerOptions: { live: '1' } },
  'web.webm': vp9,
  'live.webm': { ...vp9, containerOptions: { live: '1' } },
  'xvid.avi': { ...bitRate, encoder: 'mpeg4', container: 'avi', tag: 'XVID', bFrames: 2 },
  'h264.avi': { ...h264, container: 'avi' },
  'windows.wmv': { ...bitRate, encoder: 'wmv2', container: 'asf' },
  'flash.flv': { ...h264, container: 'flv' },
  'mpeg1.mpg': { ...bitRate, encoder: 'mpeg1video', container: 'mpeg' },
  'mpeg2.mpg': { ...bitRate, encoder: 'mpeg2video', container: 'mpeg', bFrames: 2 },
  'dvd.vob': { ...bitRate, encoder: 'mpeg2video', container: 'vob' },
  'transport.ts': { ...h264, container: 'mpegts' },
  'camera.m2ts': { ...h264, container: 'mpegts', containerOptions: { mpegts_m2ts_mode: '1' } },
  'theora.ogv': { ...bitRate, encoder: 'libtheora', container: 'ogg' },
  'vp8.ivf': { ...bitRate, encoder: 'libvpx', container: 'ivf' },
}

let folder = ''
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'containers-'))))
afterAll(() => rmSync(folder, { recursive: true }))

const put = (name: string, bytes: Uint8Array): string => {
  const file = join(folder, name)
  writeFileSync(file, bytes)
  return file
}

async function write(name: string, format: VideoFormat, fromFrame = 0): Promise<Buffer> {
  const file = join(folder, name)
  await writeVideo(file, scene, fromFrame === 0 ? format : { ...format, timeOf: (index) => index + fromFrame })
  return readFileSync(file)
}

async function inspectAll(file: string) {
  const found = await Promise.all(decoders.map((decoder) => inspectFile(decoder, file)))
  return found.map((inspected) => (inspected.state === 'readable' ? inspected.facts : inspected.reason))
}

const all = <T>(expected: T): T[] => decoders.map(() => expected)

describe.each(Object.entries(containers))('%s', (name, format) => {
  // 10 seconds, as behind ffmpeg's segment muxer or -copyts, and in a live recording.
  test.each([0, 240])('a whole file whose times start at frame %i is good', async (fromFrame) => {
    await write(name, format, fromFrame)
    for (const decoder of decoders) {
      const inspected = await inspectFile(decoder, join(folder, name))
      expect(inspected).toMatchObject({ state: 'readable', facts: { frameCount } })
      // The AVI muxer shows the first frame until the second is due.
      if (inspected.state !== 'readable' || (name.endsWith('.avi') && fromFrame > 0)) continue
      const { framesPerSecond, durationMs } = inspected.facts
      const isExact = Math.abs(framesPerSecond - 24) < 0.05 && Math.abs(durationMs - (frameCount * 1000) / 24) < 45
      expect({ framesPerSecond, durationMs, isExact }).toMatchObject({ isExact: true })
    }
  })

  test.each([0, 240])('the same file cut anywhere is cut off (times from frame %i)', async (fromFrame) => {
    const bytes = await write(name, format, fromFrame)
    for (const share of [0.25, 0.5, 0.75]) {
      // Not between two packets of an MPEG stream: nothing shows that such a file was longer.
      const length = Math.floor(bytes.length * share)
      const isBetween = [188, 192, 2048].some((packetBytes) => length % packetBytes === 0)
      const cut = put(`cut-${name}`, bytes.subarray(0, isBetween ? length - 1 : length))
      expect({ share, found: await inspectAll(cut) }).toEqual({ share, found: all(expect.stringContaining('cut off')) })
    }
  })
})

test('a file that lacks its index or its last padding only keeps every frame and is good', async () => {
  const avi = await write('index.avi', containers['h264.avi']!)
  const withoutIndex = avi.subarray(0, avi.lastIndexOf('idx1'))
  expect(await inspectAll(put('no-index.avi', withoutIndex))).toEqual(all(expect.objectContaining({ frameCount })))
  const mkv = await write('tail.mkv', containers['matroska.mkv']!)
  expect(await inspectAll(put('tail.mkv', mkv.subarray(0, -3)))).toEqual(all(expect.objectContaining({ frameCount })))
})

test.each([
  ['no', 0],
  ['a huge', 0x7000_0000],
  ['a short', 1000],
])('an MP4 with %s duration in its header is good, with the length of its frames', async (_, duration) => {
  const bytes = await write('header.mp4', h264)
  for (const [box, offset] of [
    ['mvhd', 20],
    ['mdhd', 20],
    ['tkhd', 24],
  ] as const)
    bytes.writeUInt32BE(duration, bytes.indexOf(box) + offset)
  const facts = { frameCount, framesPerSecond: expect.closeTo(24, 2), durationMs: expect.closeTo(4042, -1) }
  expect(await inspectAll(put('header.mp4', bytes))).toEqual(all(expect.objectContaining(facts)))
})

test.each([0, 5, 0xfff_ffff])('a whole AVI whose header says %i frames is good', async (announced) => {
  const bytes = await write('frames.avi', containers['xvid.avi']!)
  bytes.writeUInt32LE(announced, bytes.indexOf('avih') + 24)
  bytes.writeUInt32LE(announced, bytes.indexOf('strh') + 40)
  expect(await inspectAll(put('frames.avi', bytes))).toEqual(all(expect.objectContaining({ frameCount })))
})

test('a recording that begins in the middle of a group of pictures keeps the frames from the first key frame on', async () => {
  const bytes = await write('middle.ts', containers['transport.ts']!)
  const tail = bytes.subarray(188 * Math.floor((bytes.length * 0.3) / 188))
  // Tables repeat, so a receiver can begin anywhere. The test's file is too short for that: its own come first.
  const found = await inspectAll(put('middle.ts', Buffer.concat([bytes.subarray(0, 3 * 188), tail])))
  expect(found).toEqual(all(expect.objectContaining({ frameCount: expect.any(Number) })))
  for (const facts of found) {
    expect(typeof facts === 'object' && facts.frameCount).toBeGreaterThanOrEqual(49)
    expect(typeof facts === 'object' && facts.frameCount).toBeLessThan(frameCount)
  }
})

test.each([
  [Buffer.from('\0\0\0\x20ftypisom'), 'MP4'],
  [Buffer.from([0x1a, 0x45, 0xdf, 0xa3]), 'Matroska or WebM'],
  [Buffer.from('RIFF\0\0\0\0AVI '), 'AVI'],
  [Buffer.from('RIFF\0\0\0\0WAVE'), undefined],
  [Buffer.from('3026b2758e66cf11a6d900aa0062ce6c', 'hex'), 'ASF (WMV)'],
  [Buffer.from('FLV\x01'), 'Flash video'],
  [Buffer.from('OggS'), 'Ogg'],
  [Buffer.from('GIF89a'), 'GIF'],
  [Buffer.from([0, 0, 1, 0xba]), 'MPEG program stream'],
  [Buffer.concat(Array.from({ length: 5 }, () => Buffer.alloc(188, 'G'))), 'MPEG transport stream'],
  [Buffer.from('just text'), undefined],
])('formatFromHead(%j) is %s', (bytes, format) => {
  expect(formatFromHead(bytes)).toBe(format)
})
