import { createHash } from 'node:crypto'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodedSize, type Size } from '#training/data/geometry.ts'
import type { Decoder } from '#training/video/decode/decoder.ts'
import { openFfmpeg } from '#training/video/decode/ffmpeg.ts'
import { inspectFile } from '#training/video/decode/inspect-file.ts'
import { openNodeAv } from '#training/video/decode/node-av.ts'
import { notRun } from '../../../support/not-run.ts'
import { brokenReasons, brokenVerdicts } from '../../../support/videos/broken.ts'
import { brokenVideos, readableVideos } from '../../../support/videos/index.ts'
import { setDisplayMatrix } from '../../../support/videos/readable.ts'

const codecs = readableVideos()
const ffmpeg = await openFfmpeg().catch(() => undefined)
const decoders: { name: string; decoder: Decoder }[] = [
  { name: 'node-av', decoder: await openNodeAv() },
  ...(ffmpeg === undefined ? [] : [{ name: 'ffmpeg', decoder: ffmpeg }]),
]

let folder = ''
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'decoders-'))))
afterAll(() => rmSync(folder, { recursive: true }))

async function framesOf(
  decoder: Decoder,
  file: string,
  size: Size,
  indices: readonly number[] | 'all' = 'all',
): Promise<Map<number, Buffer>> {
  const frames = new Map<number, Buffer>()
  await decoder.decode(file, size, indices, (pixels, index) => void frames.set(index, Buffer.from(pixels)))
  return frames
}
const digest = (frames: Map<number, Buffer>) =>
  createHash('sha256')
    .update(Buffer.concat([...frames.values()]))
    .digest('hex')

describe.each(decoders)('$name', ({ decoder }) => {
  test.each([
    ['h264-10bit-444.mkv', 97, 320, 184, 24, 'h264'],
    ['h264-five-frames.mp4', 5, 320, 184, 24, 'h264'],
    ['h264-rotated.mp4', 97, 320, 184, 24, 'h264'],
    ['h264-variable-rate.mp4', 97, 320, 184, (97 * 24) / 145, 'h264'],
    ['hevc.mkv', 97, 320, 184, 24, 'hevc'],
    ['mpeg2.mpg', 97, 320, 184, 24, 'mpeg2video'],
    ['vp9.webm', 97, 320, 184, 24, 'vp9'],
    ['xvid-bframes.avi', 97, 320, 184, 24, 'mpeg4'],
    ['名前 with spaces & ünïcode.mp4', 97, 64, 36, 24, 'h264'],
  ])('inspects %s', async (name, frameCount, width, height, framesPerSecond, codec) => {
    const inspected = await inspectFile(
      decoder,
      codecs.find((file) => basename(file) === name)!,
    )
    expect(inspected).toMatchObject({ state: 'readable', facts: { frameCount, width, height, codec } })
    expect(inspected.state === 'readable' && inspected.facts.framesPerSecond).toBeCloseTo(framesPerSecond, 6)
  })

  test.each(codecs.map((file) => ({ name: basename(file), file })))(
    '$name: its header says what decoding it finds',
    async ({ file }) => {
      const [read, decoded] = [await inspectFile(decoder, file, { check: 'index' }), await inspectFile(decoder, file)]
      if (read.state === 'broken' || decoded.state === 'broken') throw new Error('A readable video is broken.')
      const { durationMs, framesPerSecond, ...facts } = decoded.facts
      expect(read).toMatchObject({ facts, traits: decoded.traits })
      expect(Math.abs(read.facts.durationMs - durationMs)).toBeLessThanOrEqual(1000 / framesPerSecond)
    },
  )

  test.each(brokenVideos().map((file) => ({ name: basename(file), file })))(
    'says what is wrong with $name',
    async ({ name, file }) => {
      expect(await inspectFile(decoder, file)).toEqual({
        state: 'broken',
        verdict: brokenVerdicts[name],
        reason: expect.stringMatching(brokenReasons[name]!),
      })
    },
  )

  test('says that a file does not exist', async () => {
    expect(await inspectFile(decoder, join(folder, 'absent.mp4'))).toEqual({
      state: 'broken',
      verdict: 'unreadable',
      reason: 'The file does not exist.',
    })
  })

  test.each(codecs.map((file) => ({ name: basename(file), file })))(
    '$name: a selected frame equals the same frame of all',
    async ({ file }) => {
      const { width, height, frameCount } = await decoder.inspect(file)
      const size = decodedSize({ width, height }, 90)
      const all = await framesOf(decoder, file, size)
      const some = [0, 2, frameCount - 2, frameCount - 1]
      expect(all.size).toBe(frameCount)
      expect(all.get(0)!.length).toBe(size.width * size.height * 3)
      const chosen = await framesOf(decoder, file, size, some)
      expect([...chosen.keys()]).toEqual(some)
      expect(digest(chosen)).toBe(digest(new Map(some.map((index) => [index, all.get(index)!]))))
    },
  )
})

describe('node-av and the program ffmpeg', () => {
  notRun(ffmpeg === undefined ? 'ffmpeg and ffprobe are not on the PATH.' : undefined)

  test.each(codecs.map((file) => ({ name: basename(file), file })))(
    'decode $name to the same bytes',
    async ({ file }) => {
      const size = decodedSize(await decoders[0]!.decoder.inspect(file), 90)
      const [left, right] = await Promise.all(decoders.map(({ decoder }) => framesOf(decoder, file, size)))
      expect(digest(left!)).toBe(digest(right!))
    },
  )
})

/** A copy of a video of five frames that says how to turn it. */
const turned = (name: string, matrix: [number, number, number, number]): string => {
  const file = join(folder, name)
  copyFileSync(
    codecs.find((path) => path.endsWith('five-frames.mp4'))!,
    file,
  )
  setDisplayMatrix(file, matrix)
  return file
}
const pixel = (frame: Buffer, width: number, x: number, y: number) => [
  ...frame.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
]

describe('a file with a display matrix', () => {
  const upright = { width: 320, height: 184 }

  // Where the stored pixel (x, y) of a 320 x 184 picture is shown.
  test.each([
    {
      name: 'clockwise',
      matrix: [0, 1, -1, 0],
      size: { width: 184, height: 320 },
      shown: (x: number, y: number) => [183 - y, x],
    },
    {
      name: 'anticlockwise',
      matrix: [0, -1, 1, 0],
      size: { width: 184, height: 320 },
      shown: (x: number, y: number) => [y, 319 - x],
    },
    { name: 'upside-down', matrix: [-1, 0, 0, -1], size: upright, shown: (x: number, y: number) => [319 - x, 183 - y] },
    { name: 'mirrored', matrix: [-1, 0, 0, 1], size: upright, shown: (x: number, y: number) => [319 - x, y] },
  ] as const)('$name', async ({ name, matrix, size, shown }) => {
    const [stored] = (await framesOf(decoders[0]!.decoder, turned('plain.mp4', [1, 0, 0, 1]), upright)).values()
    const file = turned(`${name}.mp4`, [...matrix])
    for (const { decoder } of decoders) {
      expect(await inspectFile(decoder, file)).toMatchObject({ state: 'readable', facts: { ...size, frameCount: 5 } })
      const [frame] = (await framesOf(decoder, file, size)).values()
      for (let y = 0; y < 184; y += 23) {
        for (let x = 0; x < 320; x += 40) {
          const [shownX = 0, shownY = 0] = shown(x, y)
          const difference = pixel(frame!, size.width, shownX, shownY).map((value, channel) =>
            Math.abs(value - pixel(stored!, 320, x, y)[channel]!),
          )
          // Chroma is stored at half resolution, so that it is interpolated from the other side after a turn.
          expect(Math.max(...difference)).toBeLessThan(24)
        }
      }
    }
  })
})
