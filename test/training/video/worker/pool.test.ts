import { ChildProcess } from 'node:child_process'
import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { framesName } from '#node/frame-folder.ts'
import { digestOfVideo } from '#node/video-digest.ts'
import type { ClipPlan } from '#training/data/clip.ts'
import { decodedSize } from '#training/data/geometry.ts'
import { inspectFile } from '#training/video/decode/inspect-file.ts'
import { openNodeAv } from '#training/video/decode/node-av.ts'
import { createVideoPool, type PoolSettings } from '#training/video/worker/pool.ts'
import { hangingDecoder } from '../../../support/hanging-decoder.ts'
import { brokenVideo, readableVideos } from '../../../support/videos/index.ts'

let root = ''
beforeAll(() => void (root = mkdtempSync(join(tmpdir(), 'pool-'))))
afterAll(() => rmSync(root, { recursive: true }))

const files = readableVideos()
const decoder = await openNodeAv()

async function planOf(file: string): Promise<ClipPlan> {
  const inspected = await inspectFile(decoder, file)
  if (inspected.state !== 'readable') throw new Error(inspected.reason)
  const { digest, frameCount } = inspected.facts
  return {
    file,
    digest,
    frameCount,
    decodedSize: decodedSize(inspected.facts, 36),
    frameIndices: [0, frameCount - 1, frameCount - 1, 2],
    crop: { x: 5, y: 2, width: 40, height: 30 },
    flip: false,
    sizes: [24],
    resample: 'antialiased',
  }
}

function openPool(settings: Partial<PoolSettings> = {}) {
  const pool = createVideoPool({ workers: 1, frameCache: mkdtempSync(join(root, 'cache-')), ...settings })
  onTestFinished(() => pool.dispose())
  return pool
}

const childProcesses = () =>
  (Reflect.get(process, '_getActiveHandles').call(process) as unknown[]).filter(
    (handle) => handle instanceof ChildProcess,
  )

test.each([
  { frames: 'the frame cache', isCompressed: false },
  { frames: 'compressed frames', isCompressed: true },
])('returns the same pixels decoded, from $frames, and without room in the cache', async ({ isCompressed }) => {
  const workspace = mkdtempSync(join(root, 'shared-'))
  writeFileSync(join(workspace, 'settings.json'), JSON.stringify({ version: 1, frames: { isCompressed } }))
  const frameCache = join(workspace, 'frames')
  const [storing, cramped] = [openPool({ frameCache, workers: 2 }), openPool({ cacheBytes: 0 })]
  for (const file of files) {
    const wanted = await planOf(file)
    const fresh = await storing.read(wanted)
    expect(fresh[0]).toBeInstanceOf(Uint8Array)
    expect(fresh[0]!.length).toBe(4 * 24 * 24 * 3)
    expect(await storing.read({ ...wanted, file: join(root, 'gone.mp4') }), `${basename(file)} from the cache`).toEqual(
      fresh,
    )
    expect(await cramped.read(wanted), `${basename(file)} without the cache`).toEqual(fresh)
  }
  const stored = readdirSync(frameCache)
  expect(stored).toHaveLength(files.length)
  const descriptions = stored.map((name) => readFileSync(join(frameCache, name)).toString('latin1', 12, 200))
  expect(descriptions.filter((text) => text.includes('"packing":"zstd"'))).toHaveLength(isCompressed ? files.length : 0)
})

test('the memory of released pixels is used for later clips, and that of others is not', async () => {
  const pool = openPool()
  const plan = await planOf(files[0]!)
  const first = (await pool.read(plan))[0]!
  const kept = Uint8Array.from(first)
  const second = (await pool.read(plan))[0]!
  expect(second).not.toBe(first)
  pool.release?.([second])
  expect((await pool.read({ ...plan, flip: true }))[0]).toBe(second)
  expect(second).not.toEqual(kept)
  expect(first).toEqual(kept)
})

test('caches all frames of a video at the decoded size, within the budget', async () => {
  const frameCache = mkdtempSync(join(root, 'budget-'))
  const wanted = await planOf(files.find((file) => file.endsWith('five-frames.mp4'))!)
  const other = await planOf(files.find((file) => file.endsWith('vp9.webm'))!)
  const pool = openPool({ frameCache, cacheBytes: 63 * 36 * 3 * 5 + 400 })
  await pool.read(wanted)
  await pool.read(other)
  expect(readdirSync(frameCache)).toEqual([`${wanted.digest}-63x36.frames`])
  const size = 63 * 36 * 3 * 5
  expect(statSync(join(frameCache, readdirSync(frameCache)[0]!)).size - size).toBeLessThan(400)
})

const nameOf = ({ digest, decodedSize }: ClipPlan): string => framesName(digest, decodedSize)

test('a later pool evicts what was used before it, least recently used first, and never what it used itself', async () => {
  const frameCache = mkdtempSync(join(root, 'evicted-'))
  const plans = await Promise.all(files.slice(0, 4).map(planOf))
  const bytesOf = (plan: ClipPlan) => statSync(join(frameCache, nameOf(plan))).size
  const [first, second, third, fourth] = plans as [ClipPlan, ClipPlan, ClipPlan, ClipPlan]
  const filling = openPool({ frameCache })
  for (const plan of plans) await filling.read(plan)
  await filling.dispose()
  const cacheBytes = bytesOf(first) + bytesOf(second) + bytesOf(third) + bytesOf(fourth)
  rmSync(join(frameCache, nameOf(fourth)))
  writeFileSync(join(frameCache, 'other.frames'), Buffer.alloc(1000))
  const long = [1, 2, 3].map((hours) => new Date(Date.now() - hours * 3_600_000)) as [Date, Date, Date]
  utimesSync(join(frameCache, nameOf(first)), long[2], long[2])
  utimesSync(join(frameCache, nameOf(second)), long[1], long[1])
  utimesSync(join(frameCache, nameOf(third)), long[0], long[0])
  utimesSync(join(frameCache, 'other.frames'), new Date(), new Date(Date.now() - 60_000))
  const pool = openPool({ frameCache, cacheBytes })
  expect(await pool.read({ ...first, file: 'gone.mp4' })).toBeDefined()
  await pool.read(fourth)
  const names = readdirSync(frameCache)
  expect(names).toContain(nameOf(first))
  expect(names).not.toContain(nameOf(second))
  expect(names).toContain(nameOf(fourth))
  const cramped = openPool({ frameCache, cacheBytes: bytesOf(first) + bytesOf(fourth) })
  await cramped.read(first)
  await cramped.read(fourth)
  await cramped.read(second)
  expect(readdirSync(frameCache)).toContain(nameOf(first))
  expect(readdirSync(frameCache)).toContain(nameOf(fourth))
}, 60_000)

test('resizes one crop to several sizes, as bytes or as floats', async () => {
  const pool = openPool()
  const wanted = await planOf(files[0]!)
  expect((await pool.read({ ...wanted, sizes: [24, 16] })).map((pixels) => pixels.length)).toEqual([
    4 * 24 * 24 * 3,
    4 * 16 * 16 * 3,
  ])
  expect((await pool.read({ ...wanted, resample: 'bilinear' }))[0]).toBeInstanceOf(Float32Array)
})

test('names a missing, broken or changed file, and stays usable', async () => {
  const pool = openPool()
  const good = await planOf(files[0]!)
  const reason = (change: Partial<ClipPlan>) =>
    pool.read({ ...good, ...change }).then(
      () => 'read',
      (error) => `${error.code}: ${error.message.replace(/\S*\//, '')}`,
    )
  const text = brokenVideo('text.mp4')
  expect(await reason({ digest: 'another', file: join(root, 'gone.mp4') })).toBe(
    'video-unreadable: gone.mp4: The file does not exist.',
  )
  expect(await reason({ digest: digestOfVideo(text), file: text })).toBe(
    'video-unreadable: text.mp4: This is not a video file: no known video format was found in it.',
  )
  expect(await reason({ digest: 'another' })).toBe(
    'video-unreadable: h264-10bit-444.mkv: Its content has changed since the import.',
  )
  expect(await reason({ frameCount: 98 })).toBe(
    'video-unreadable: h264-10bit-444.mkv: It had 98 frames when it was imported; now their number is different.',
  )
  expect(await reason({})).toBe('read')
})

test('replaces a worker that dies and names the file it died on; the next clip that it had is read', async () => {
  const pool = openPool()
  const copy = join(root, 'deadly.mkv')
  copyFileSync(files[0]!, copy)
  const [wanted, other] = [await planOf(copy), await planOf(files[1]!)]
  const before = new Set(childProcesses())
  const [lost, next] = [pool.read(wanted), pool.read(other)]
  const worker = childProcesses().find((child) => !before.has(child)) as ChildProcess
  worker.kill('SIGKILL')
  await expect(lost).rejects.toMatchObject({
    code: 'video-unreadable',
    message: `${copy}: The decoder crashed on this file (SIGKILL).`,
  })
  expect((await next)[0]!.length).toBe(4 * 24 * 24 * 3)
  expect((await pool.read(wanted))[0]!.length).toBe(4 * 24 * 24 * 3)
})

test('a decoder that never answers is replaced and its video tried once more', async () => {
  const decoders = hangingDecoder()
  const problems: string[] = []
  const pool = openPool({ silenceMs: 8000, onProblem: (sentence) => problems.push(sentence) })
  const wanted = await planOf(files[0]!)
  decoders.hang(basename(files[0]!), 1)
  expect((await pool.read(wanted))[0]!.length).toBe(4 * 24 * 24 * 3)
  expect(decoders.count()).toBe(1)
  expect(problems).toEqual([
    `${files[0]}: The decoder has shown no sign of life for 10 s. It was ended, and the video is tried once more.`,
  ])
})

test('a video whose decoder stays silent twice counts as unreadable, at once when it is asked for again', async () => {
  const decoders = hangingDecoder()
  const pool = openPool({ silenceMs: 8000 })
  const [silent, other] = [await planOf(files[0]!), await planOf(files[1]!)]
  decoders.hang(basename(files[0]!))
  const [reading, next] = [pool.read(silent), pool.read(other)]
  await expect.poll(() => pool.slowest()?.ms).toBeGreaterThan(200)
  expect(pool.slowest()?.file).toBe(files[0])
  await expect(reading).rejects.toMatchObject({
    code: 'video-unreadable',
    message: `${files[0]}: The decoder showed no sign of life for 10 s, twice.`,
  })
  expect(decoders.count()).toBe(2)
  await expect(pool.read(silent)).rejects.toMatchObject({ code: 'video-unreadable' })
  expect(decoders.count()).toBe(2)
  expect((await next)[0]!.length).toBe(4 * 24 * 24 * 3)
  expect(pool.slowest()).toBeUndefined()
})

test('cached frames that were damaged, cut off or belong to another video are thrown away and decoded again', async () => {
  const frameCache = mkdtempSync(join(root, 'damaged-'))
  const [wanted, other] = [await planOf(files[0]!), await planOf(files[1]!)]
  const first = openPool({ frameCache })
  const fresh = await first.read(wanted)
  await first.read(other)
  const entry = join(frameCache, `${wanted.digest}-${wanted.decodedSize.width}x36.frames`)
  const foreign = join(
    frameCache,
    readdirSync(frameCache).find((name) => !name.startsWith(wanted.digest))!,
  )
  const intact = readFileSync(entry)
  const flipped = Buffer.from(intact)
  flipped[flipped.length - 5]! ^= 1
  const checksum = Buffer.from(intact)
  checksum[intact.length - wanted.frameCount * wanted.decodedSize.width * 36 * 3 - 1]! ^= 1
  const damages: [() => void, string][] = [
    [() => writeFileSync(entry, flipped), 'were damaged'],
    [() => writeFileSync(entry, checksum), 'were damaged'],
    [() => truncateSync(entry, intact.length - 1), 'were damaged'],
    [() => appendFileSync(entry, 'x'), 'were damaged'],
    [() => truncateSync(entry, 3), 'were not those of this video'],
    [() => copyFileSync(foreign, entry), 'were not those of this video'],
  ]
  for (const [damage, sentence] of damages) {
    damage()
    const problems: string[] = []
    const pool = openPool({ frameCache, onProblem: (problem) => problems.push(problem) })
    expect(await pool.read(wanted)).toEqual(fresh)
    expect(await pool.read(wanted)).toEqual(fresh)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(sentence)
    expect(readFileSync(entry).equals(intact)).toBe(true)
    await pool.dispose()
  }
}, 180_000)

test('a replaced video never gets into the frame cache, and the original is accepted again', async () => {
  const frameCache = mkdtempSync(join(root, 'replaced-'))
  const file = join(root, 'replaced.mkv')
  copyFileSync(files[0]!, file)
  const wanted = await planOf(file)
  const pool = openPool({ frameCache })
  copyFileSync(files[1]!, file)
  await expect(pool.read(wanted)).rejects.toThrow('Its content has changed since the import.')
  expect(readdirSync(frameCache)).toEqual([])
  copyFileSync(files[0]!, file)
  utimesSync(file, 1, 1)
  expect((await pool.read(wanted))[0]!.length).toBe(4 * 24 * 24 * 3)
})

test('files of earlier versions are deleted, and a folder that cannot be written is said once', async () => {
  const frameCache = mkdtempSync(join(root, 'old-'))
  writeFileSync(join(frameCache, 'abc-63x36.rgb'), 'frames')
  const problems: string[] = []
  const onProblem = (sentence: string) => void problems.push(sentence)
  openPool({ frameCache, onProblem })
  expect(readdirSync(frameCache)).toEqual([])
  expect(problems).toEqual([
    '1 file of decoded frames of an earlier version had no checksums and was deleted. The videos are decoded again.',
  ])
  const noFolder = join(root, 'no-folder')
  writeFileSync(noFolder, '')
  problems.length = 0
  const blocked = openPool({ frameCache: noFolder, onProblem })
  for (const file of files.slice(0, 2))
    expect((await blocked.read(await planOf(file)))[0]!.length).toBe(4 * 24 * 24 * 3)
  expect(problems).toEqual([`Decoded frames cannot be stored in ${noFolder} (EEXIST): videos are decoded each time.`])
})

test('after dispose, pending and new clips fail as cancelled', async () => {
  const pool = openPool()
  const wanted = await planOf(files[0]!)
  const open = [pool.read(wanted), pool.read(wanted)]
  const outcomes = Promise.allSettled(open)
  await pool.dispose()
  for (const outcome of await outcomes)
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'cancelled' } })
  await expect(pool.read(wanted)).rejects.toMatchObject({ code: 'cancelled' })
})
