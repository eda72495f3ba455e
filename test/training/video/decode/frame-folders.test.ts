import {
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { findChangedVideos } from '#node/changed-videos.ts'
import { digestOfVideo, readVideoDigest } from '#node/video-digest.ts'
import { preview } from '#training/tasks/preview.ts'
import { openFfmpeg } from '#training/video/decode/ffmpeg.ts'
import { withFrameFolders } from '#training/video/decode/frame-folders.ts'
import { inspectVideo } from '#training/video/decode/inspect-video.ts'
import { openNodeAv } from '#training/video/decode/node-av.ts'
import { createVideoPool } from '#training/video/worker/pool.ts'
import { type FrameFolderSettings, rawframeName, writeFrameFolder } from '../../../support/frame-folders.ts'

const root = mkdtempSync(join(tmpdir(), 'mvd-frames-'))
afterAll(() => rmSync(root, { recursive: true }))
const ffmpeg = await openFfmpeg().catch(() => undefined)
const decoders = [await openNodeAv(), ...(ffmpeg === undefined ? [] : [ffmpeg])].map((alone) => ({
  name: alone.description.split(' ')[0],
  alone,
  decoder: withFrameFolders(alone),
}))
const [{ decoder } = { decoder: withFrameFolders(await openNodeAv()) }] = decoders
const size = { width: 40, height: 24 }

const folderOf = (count: number, settings?: FrameFolderSettings) =>
  writeFrameFolder(mkdtempSync(join(root, 'video-')), count, settings)

async function factsOf(folder: string, frameRate?: number) {
  const found = await inspectVideo(decoder, folder, { frameRate })
  if (found.state === 'broken') throw new Error(found.reason)
  return found.facts
}

async function reasonOf(folder: string): Promise<string> {
  const found = await inspectVideo(decoder, folder)
  return found.state === 'broken' ? found.reason : 'It can be used.'
}

describe.each(decoders)('$name', ({ alone, decoder }) => {
  test.each([
    ['JPEG from 1', rawframeName, 'mjpeg'],
    ['PNG from 0', (index: number) => `frame_${String(index).padStart(6, '0')}.png`, 'png'],
    ['numbers without zeros before them', (index: number) => `${index + 1}.jpg`, 'mjpeg'],
  ])('a folder of pictures is a video with the pixels of each picture: %s', async (_, nameOf, codec) => {
    const folder = await folderOf(11, { nameOf })
    const found = await inspectVideo(decoder, folder, { frameRate: 12 })
    const sizeBytes = Array.from({ length: 11 }, (_, index) => statSync(join(folder, nameOf(index))).size)
    expect(found).toMatchObject({
      state: 'readable',
      facts: {
        frameCount: 11,
        width: 48,
        height: 32,
        framesPerSecond: 12,
        durationMs: 917,
        codec,
        sizeBytes: sizeBytes.reduce((a, b) => a + b),
      },
    })
    const frames = new Map<number, Buffer>()
    await decoder.decode(folder, size, 'all', (pixels, index) => void frames.set(index, Buffer.from(pixels)))
    expect([...frames.keys()]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    for (const [index, frame] of frames)
      await alone.decode(join(folder, nameOf(index)), size, 'all', (pixels) =>
        expect(Buffer.from(pixels).equals(frame), `frame ${index}`).toBe(true),
      )
    expect(frames.get(3)?.equals(frames.get(4) ?? Buffer.alloc(0))).toBe(false)
  })

  test('some frames are decoded from their pictures alone', async () => {
    const folder = await folderOf(6)
    const all = new Map<number, Buffer>()
    await decoder.decode(folder, size, 'all', (pixels, index) => void all.set(index, Buffer.from(pixels)))
    for (const index of [0, 1, 3, 5]) writeFileSync(join(folder, rawframeName(index)), 'not a picture')
    const some = new Map<number, Buffer>()
    await decoder.decode(folder, size, [2, 4, 9], (pixels, index) => void some.set(index, Buffer.from(pixels)))
    expect(some).toEqual(new Map([2, 4].map((index) => [index, all.get(index)])))
    await expect(decoder.decode(folder, size, [3], () => {})).rejects.toThrow('img_00004.jpg: This is not a picture')
  })
})

test.each([
  ['a gap', [2, 3], 'Frames are missing: there is no img_00003.jpg to img_00004.jpg.'],
  ['one missing picture', [4], 'Frames are missing: there is no img_00005.jpg.'],
  [
    'a missing beginning',
    [0],
    'Frames are missing: the first picture is img_00002.jpg, not img_00001.jpg or img_00000.jpg.',
  ],
  [
    'one picture',
    [1, 2, 3, 4, 5],
    'The folder does not have at least two pictures whose names differ only in their numbers.',
  ],
])('%s is a verdict', async (_, missing, reason) => {
  const folder = await folderOf(6)
  for (const index of missing) rmSync(join(folder, rawframeName(index)))
  expect(await reasonOf(folder)).toBe(reason)
})

test('a picture that is cut off, is none, or has another size is a verdict that names it', async () => {
  const folder = await folderOf(4)
  const file = join(folder, rawframeName(2))
  const whole = readFileSync(file)
  truncateSync(file, whole.length - 40)
  expect(await reasonOf(folder)).toBe(
    'img_00003.jpg: The file is cut off: it ends in the middle of a picture. If nothing important is missing, rewrite it: ffmpeg -i OLD -c copy NEW.',
  )
  writeFileSync(file, 'text')
  expect(await reasonOf(folder)).toBe(
    'img_00003.jpg: This is not a picture: no JPEG, PNG, WebP or BMP was found in it.',
  )
  writeFileSync(file, await sharp(whole).resize(24, 16).jpeg().toBuffer())
  expect(await reasonOf(folder)).toBe(
    'The frames of a video have one size, but img_00001.jpg has 48 × 32 pixels and img_00003.jpg has 24 × 16.',
  )
  writeFileSync(file, whole)
  writeFileSync(join(folder, 'img_1.jpg'), whole)
  expect(await reasonOf(folder)).toBe('Two pictures have the same number: img_00001.jpg and img_1.jpg.')
})

test('the digest is that of the pictures in order, whatever they are called and wherever they are', async () => {
  const folder = await folderOf(4)
  const digest = digestOfVideo(folder)
  expect(await readVideoDigest(folder)).toBe(digest)
  expect(digestOfVideo(await folderOf(4, { nameOf: (index) => `frame${index}.jpg` }))).toBe(digest)
  writeFileSync(join(folder, 'n_frames'), '4')
  expect(digestOfVideo(folder)).toBe(digest)
  const [first, second, other] = [0, 1, 9].map((index) => join(folder, rawframeName(index))) as [string, string, string]
  renameSync(first, other)
  renameSync(second, first)
  renameSync(other, second)
  expect(digestOfVideo(folder)).not.toBe(digest)
})

test('the digest of more than two mebibytes covers the sizes, the beginning and the end', async () => {
  const folder = await folderOf(5, { nameOf: (index) => `${index}.png` })
  for (const index of [0, 1, 2, 3, 4]) writeFileSync(join(folder, `${index}.png`), Buffer.alloc(700_000, index))
  const digest = digestOfVideo(folder)
  expect(await readVideoDigest(folder)).toBe(digest)
  const change = (index: number, content: Buffer) => {
    writeFileSync(join(folder, `${index}.png`), content)
    const changed = digestOfVideo(folder)
    writeFileSync(join(folder, `${index}.png`), Buffer.alloc(700_000, index))
    return changed
  }
  expect(change(2, Buffer.alloc(700_000, 9))).toBe(digest)
  expect(change(2, Buffer.alloc(700_001, 2))).not.toBe(digest)
  for (const index of [0, 1, 3, 4]) expect(change(index, Buffer.alloc(700_000, 9)), `picture ${index}`).not.toBe(digest)
})

test('pictures that change, are missing or change places are found at a launch', async () => {
  const folder = await folderOf(4)
  const video = { ...(await factsOf(folder)), id: 'v', path: folder.slice(root.length + 1) }
  const store = mkdtempSync(join(root, 'store-'))
  const changes = async () =>
    (await findChangedVideos({ root, videos: [video] }, store)).map(
      ({ problem, difference }) => `${problem}: ${difference}`,
    )
  expect(await changes()).toEqual([])
  const [first, second, other] = [0, 1, 9].map((index) => join(folder, rawframeName(index))) as [string, string, string]
  utimesSync(first, new Date(), new Date(Date.now() + 5000))
  expect(await changes()).toEqual([])
  renameSync(first, other)
  renameSync(second, first)
  renameSync(other, second)
  utimesSync(folder, new Date(), new Date(Date.now() + 9000))
  expect(await changes()).toEqual(['changed: other content'])
  rmSync(first)
  expect(await changes()).toEqual([expect.stringMatching(/^changed: \d+ bytes instead of \d+$/)])
  rmSync(folder, { recursive: true })
  expect(await changes()).toEqual(['missing: missing'])
})

test('a run reads clips of folders, decoded and from the frame cache, and refuses changed ones', async () => {
  const folder = await folderOf(8)
  const { digest, frameCount } = await factsOf(folder)
  const frameCache = mkdtempSync(join(root, 'cache-'))
  const plan = {
    file: folder,
    digest,
    frameCount,
    decodedSize: { width: 48, height: 32 },
    frameIndices: [0, 3, 3, 7],
    crop: { x: 0, y: 0, width: 32, height: 32 },
    flip: false,
    sizes: [16],
    resample: 'antialiased',
  } as const
  const [storing, cramped] = [
    createVideoPool({ workers: 1, frameCache }),
    createVideoPool({ workers: 1, frameCache, cacheBytes: 0 }),
  ]
  onTestFinished(() => Promise.all([storing.dispose(), cramped.dispose()]).then(() => undefined))
  const fresh = await storing.read(plan)
  expect(await storing.read({ ...plan, file: join(root, 'gone') })).toEqual(fresh)
  rmSync(frameCache, { recursive: true })
  expect(await cramped.read(plan)).toEqual(fresh)
  writeFileSync(join(folder, rawframeName(5)), readFileSync(join(folder, rawframeName(0))))
  await expect(cramped.read(plan)).rejects.toThrow('Its content has changed since the import.')
  rmSync(folder, { recursive: true })
  await expect(cramped.read(plan)).rejects.toMatchObject({ code: 'video-unreadable' })
})

test('previews show the frames at the chosen rate', async () => {
  const folder = await folderOf(6)
  const to = join(root, 'preview.webp')
  const videos = [{ file: folder, to, facts: await factsOf(folder, 12) }]
  await preview({ videos, height: 16, frameCount: 12 }, () => {}, new AbortController().signal)
  expect(await sharp(to, { animated: true }).metadata()).toMatchObject({
    pages: 6,
    width: 24,
    delay: Array(6).fill(83),
  })
})
