import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tasks, type TaskProgress } from '#contract/api/tasks.ts'
import type { VideoFacts } from '#contract/domain/dataset.ts'
import { framesName } from '#node/frame-folder.ts'
import { builtInDataset } from '#training/tasks/built-in-dataset.ts'
import { inspectVideos } from '#training/tasks/inspect-videos.ts'
import { preview } from '#training/tasks/preview.ts'
import { videoFrames } from '#training/tasks/video-frames.ts'
import { readCachedFrames } from '#training/video/cache/frame-cache.ts'
import { inspectFile } from '#training/video/decode/inspect-file.ts'
import { openNodeAv } from '#training/video/decode/node-av.ts'
import { brokenVideo, brokenVideos, readableVideo, readableVideos } from '../../support/videos/index.ts'

let root = ''
beforeAll(() => void (root = mkdtempSync(join(tmpdir(), 'tasks-'))))
afterAll(() => rmSync(root, { recursive: true }))

const running = new AbortController().signal
const stopped = AbortSignal.abort()
const nothing = () => {}

test('inspect-videos says when it begins, then reports on each file, and changes none', async () => {
  const files = [...readableVideos(), ...brokenVideos()]
  const digests = () => files.map((file) => createHash('sha256').update(readFileSync(file)).digest('hex'))
  const before = digests()
  const reports: TaskProgress<'inspect-videos'>[] = []
  const result = await inspectVideos(
    { files },
    (report) => void reports.push(tasks['inspect-videos'].progress.parse(report)),
    running,
  )
  expect(result.decoder).toMatch(/^node-av \d/)
  const results = reports.map(({ inspected }) => inspected.map(({ state, file }) => `${state} ${basename(file)}`))
  const expected = files.map((file) => [`${brokenVideos().includes(file) ? 'broken' : 'readable'} ${basename(file)}`])
  expect(results).toEqual([[], ...expected, []])
  expect(digests()).toEqual(before)
})

test('inspect-videos caches the frames of short and small videos as a run decodes them', async () => {
  const frameCache = join(root, 'frames')
  const decoder = await openNodeAv()
  const inspected = new Map<string, VideoFacts>()
  await inspectVideos(
    { files: readableVideos(), frameCache },
    (report) => {
      for (const video of report.inspected) if (video.state === 'readable') inspected.set(video.file, video.facts)
    },
    running,
  )
  const cached = new Map<string, boolean>()
  for (const [file, { digest, frameCount, width, height }] of inspected) {
    const decodedSize = { width, height }
    const key = { digest, frameCount, decodedSize, decoder: decoder.description }
    const indices = Array.from({ length: frameCount }, (_, index) => index)
    const found = readCachedFrames(join(frameCache, framesName(digest, decodedSize)), key, indices)
    cached.set(basename(file), 'data' in found)
    expect('data' in found).toBe(width * height * 3 * frameCount <= 4 * 1024 ** 2)
    if (!('data' in found)) continue
    const bytes = width * height * 3
    await decoder.decode(file, decodedSize, 'all', (pixels, index) =>
      expect(Buffer.compare(found.data.subarray(index * bytes, (index + 1) * bytes), pixels)).toBe(0),
    )
  }
  expect(new Set(cached.values())).toEqual(new Set([true, false]))
})

test('inspect-videos can be cancelled', async () => {
  await expect(inspectVideos({ files: readableVideos() }, nothing, stopped)).rejects.toMatchObject({
    code: 'cancelled',
  })
})

test.each([
  { file: 'h264-variable-rate.mp4', height: 92, expected: { width: 160, pageHeight: 92, pages: 12, delay: 504 } },
  { file: 'h264-five-frames.mp4', height: 400, expected: { width: 320, pageHeight: 184, pages: 5, delay: 42 } },
])('preview of $file keeps its speed and is never enlarged', async ({ file, height, expected }) => {
  const seen: unknown[] = []
  const to = join(root, `${file}.webp`)
  const source = readableVideo(file)
  const inspected = await inspectFile(await openNodeAv(), source)
  if (inspected.state === 'broken') throw new Error(inspected.reason)
  const { facts } = inspected
  expect(
    await preview(
      { videos: [{ file: source, to, facts }], height, frameCount: 12 },
      (done) => seen.push(done),
      running,
    ),
  ).toEqual({ made: 1 })
  expect(seen).toEqual([{ file: source, problem: null }])
  const { format, width, pageHeight, pages, delay, loop } = await sharp(to, { animated: true }).metadata()
  expect({ format, width, pageHeight, pages, loop }).toEqual({
    format: 'webp',
    width: expected.width,
    pageHeight: expected.pageHeight,
    pages: expected.pages,
    loop: 0,
  })
  expect(delay).toEqual(Array.from({ length: expected.pages }, () => expected.delay))
})

test('preview of a broken file names it and writes nothing; the others are made', async () => {
  const seen: unknown[] = []
  const [broken, whole] = [brokenVideo('text.mp4'), readableVideo('h264-five-frames.mp4')]
  const facts = { frameCount: 5, width: 320, height: 184, durationMs: 210 }
  const videos = [broken, whole].map((file, index) => ({ file, to: join(root, `${index}.webp`), facts }))
  expect(await preview({ videos, height: 92, frameCount: 12 }, (done) => seen.push(done), running)).toEqual({ made: 1 })
  const problem = `${broken}: This is not a video file: no known video format was found in it.`
  expect(seen).toEqual([
    { file: broken, problem },
    { file: whole, problem: null },
  ])
  expect(videos.map(({ to }) => existsSync(to))).toEqual([false, true])
})

test('a cancelled task does not start to write the built-in dataset', async () => {
  const directory = join(root, 'built-in')
  await expect(builtInDataset({ directory }, nothing, stopped)).rejects.toMatchObject({ code: 'cancelled' })
  expect(existsSync(join(directory, 'labels.csv'))).toBe(false)
})

test('video-frames are the frames of the decoder side by side, fewer at the end of the video', async () => {
  const file = readableVideo('h264-five-frames.mp4')
  const size = { width: 32, height: 18 }
  const page = await videoFrames({ file, ...size, from: 2, count: 24 }, nothing, running)
  expect(page).toMatchObject({ ...size, from: 2, count: 3 })
  const { data, info } = await sharp(Buffer.from(page.webp, 'base64'))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  expect(info).toMatchObject({ width: 96, height: 18, channels: 3 })
  const decoder = await openNodeAv()
  await decoder.decode(file, size, [2, 3, 4], (pixels, index) => {
    for (const y of [0, 9, 17])
      expect([...data.subarray(y * 288 + (index - 2) * 96, y * 288 + (index - 1) * 96)]).toEqual([
        ...pixels.subarray(y * 96, (y + 1) * 96),
      ])
  })
  await expect(videoFrames({ file, ...size, from: 5, count: 1 }, nothing, running)).rejects.toThrow(/no frame/i)
})
