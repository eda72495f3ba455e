import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { findChangedVideos } from '#node/changed-videos.ts'
import type { Decoder } from '#training/video/decode/decoder.ts'
import { openFfmpeg } from '#training/video/decode/ffmpeg.ts'
import type { FileInspection } from '#training/video/decode/inspect-file.ts'
import { inspectVideo } from '#training/video/decode/inspect-video.ts'
import { openNodeAv } from '#training/video/decode/node-av.ts'
import { createVideoPool } from '#training/video/worker/pool.ts'
import { tarOf, type TarEntry, writeTar } from '../../../support/tar.ts'
import { brokenVideos, readableVideo, readableVideos } from '../../../support/videos/index.ts'

// Videos are decoded where they are in a tar file, as if each were a file of its own.

const root = mkdtempSync(join(tmpdir(), 'mvd-members-'))
afterAll(() => rmSync(root, { recursive: true }))
const ffmpeg = await openFfmpeg().catch(() => undefined)
const nodeAv = await openNodeAv()
const decoders = [nodeAv, ...(ffmpeg === undefined ? [] : [ffmpeg])].map((decoder) => ({
  name: decoder.description.split(' ')[0],
  decoder,
}))
const size = { width: 40, height: 24 }

async function framesOf(decoder: Decoder, file: string, indices: readonly number[] | 'all' = 'all') {
  const frames = new Map<number, Buffer>()
  await decoder.decode(file, size, indices, (pixels, index) => void frames.set(index, Buffer.from(pixels)))
  return frames
}
const entryOf = (file: string): TarEntry => ({ name: `clips/${basename(file)}`, content: readFileSync(file) })
const files = [...readableVideos(), ...brokenVideos()]
const archive = join(root, 'all, with: odd name.tar')
writeTar(archive, [{ name: 'first.cls', content: '0' }, ...files.map(entryOf), { name: 'last.cls', content: '0' }])
const withoutTime = (found: FileInspection) =>
  found.state === 'readable' ? { ...found, facts: { ...found.facts, modifiedAtMs: undefined } } : found
const memberOf = (file: string) => join(archive, 'clips', basename(file))

describe.each(decoders)('$name', ({ decoder }) => {
  test.each(files.map((file) => [basename(file), file]))('%s has the same facts or verdict', async (_, file) => {
    const found = await inspectVideo(decoder, memberOf(file))
    const alone = await inspectVideo(decoder, file)
    expect(withoutTime(found)).toEqual(withoutTime(alone))
  })

  test('all and some frames are the same, also of pictures', async () => {
    for (const file of [readableVideo('xvid-bframes.avi'), readableVideo('h264-five-frames.mp4')]) {
      expect(await framesOf(decoder, memberOf(file))).toEqual(await framesOf(decoder, file))
      expect(await framesOf(decoder, memberOf(file), [1, 4])).toEqual(await framesOf(decoder, file, [1, 4]))
    }
    const picture = join(root, 'a.jpg')
    await sharp({ create: { width: 48, height: 32, channels: 3, background: '#357' } })
      .jpeg()
      .toFile(picture)
    const shard = join(root, 'pictures.tar')
    writeTar(shard, [
      { name: '0.cls', content: '0' },
      { name: '0.jpg', content: readFileSync(picture) },
    ])
    expect(await framesOf(decoder, join(shard, '0.jpg'))).toEqual(await framesOf(decoder, picture))
  })

  test('a file that the tar file does not have, or no longer has, is missing', async () => {
    const missing = join(archive, 'clips', 'none.mp4')
    expect(await inspectVideo(decoder, missing)).toMatchObject({ state: 'broken', reason: 'The file does not exist.' })
    await expect(decoder.decode(missing, size, 'all', () => {})).rejects.toThrow('The file does not exist.')
  })
})

test('a changed shard is noticed at a launch; a shard that grew is not a change', async () => {
  const file = readableVideo('h264-five-frames.mp4')
  const shard = join(root, 'changing.tar')
  const entries = [entryOf(file), { name: 'clips/0.cls', content: '1' }]
  writeTar(shard, entries)
  const path = `changing.tar/clips/${basename(file)}`
  const found = await inspectVideo(nodeAv, join(root, path))
  if (found.state === 'broken') throw new Error(found.reason)
  const videos = [{ ...found.facts, id: 'v', path }]
  const changes = async () => {
    if (existsSync(shard)) utimesSync(shard, new Date(), new Date(Date.now() + 60_000))
    const store = mkdtempSync(join(root, 'store-'))
    return (await findChangedVideos({ root, videos }, store)).map(
      ({ problem, difference }) => `${problem}: ${difference}`,
    )
  }
  expect(await changes()).toEqual([])
  writeTar(shard, [{ name: 'new.cls', content: '2' }, ...entries])
  expect(await changes()).toEqual([])
  const bytes = tarOf(entries)
  bytes[700] = (bytes[700] ?? 0) ^ 1
  writeFileSync(shard, bytes)
  expect(await changes()).toEqual(['changed: other content'])
  writeFileSync(shard, bytes.subarray(0, 700))
  expect(await changes()).toEqual(['missing: missing'])
  rmSync(shard)
  expect(await changes()).toEqual(['missing: missing'])
})

test('a run reads clips of shards, decoded and from the frame cache, and refuses changed ones', async () => {
  const file = readableVideo('h264-five-frames.mp4')
  const shard = join(root, 'run.tar')
  writeTar(shard, [entryOf(file)])
  const member = join(shard, 'clips', basename(file))
  const found = await inspectVideo(nodeAv, member)
  if (found.state === 'broken') throw new Error(found.reason)
  const { digest, frameCount } = found.facts
  const plan = {
    file: member,
    digest,
    frameCount,
    decodedSize: { width: 48, height: 32 },
    frameIndices: [0, 3, 3, 4],
    crop: { x: 0, y: 0, width: 32, height: 32 },
    flip: false,
    sizes: [16],
    resample: 'antialiased',
  } as const
  const frameCache = mkdtempSync(join(root, 'cache-'))
  const [storing, cramped] = [
    createVideoPool({ workers: 1, frameCache }),
    createVideoPool({ workers: 1, frameCache: mkdtempSync(join(root, 'cache-')), cacheBytes: 0 }),
  ]
  onTestFinished(() => Promise.all([storing.dispose(), cramped.dispose()]).then(() => undefined))
  const decoded = await cramped.read(plan)
  expect(await storing.read(plan)).toEqual(decoded)
  expect(await storing.read({ ...plan, file: join(root, 'gone') })).toEqual(decoded)
  expect(await cramped.read({ ...plan, file })).toEqual(decoded)
  const bytes = readFileSync(shard)
  bytes[700] = (bytes[700] ?? 0) ^ 1
  writeFileSync(shard, bytes)
  await expect(cramped.read(plan)).rejects.toThrow('Its content has changed since the import.')
  rmSync(shard)
  await expect(cramped.read(plan)).rejects.toMatchObject({ code: 'video-unreadable' })
})
