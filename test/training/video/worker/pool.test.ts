import { ChildProcess } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { ClipPlan } from '#training/data/clip.ts'
import { decodedSize } from '#training/data/geometry.ts'
import { inspectFile } from '#training/video/decode/inspect-file.ts'
import { openNodeAv } from '#training/video/decode/node-av.ts'
import { createVideoPool, type PoolSettings } from '#training/video/worker/pool.ts'
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

test('returns the same pixels decoded, from the frame cache, and without room in the cache', async () => {
  const frameCache = mkdtempSync(join(root, 'shared-'))
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
  expect(readdirSync(frameCache)).toHaveLength(files.length)
})

test('caches all frames of a video at the decoded size, within the budget', async () => {
  const frameCache = mkdtempSync(join(root, 'budget-'))
  const wanted = await planOf(files.find((file) => file.endsWith('five-frames.mp4'))!)
  const other = await planOf(files.find((file) => file.endsWith('vp9.webm'))!)
  const pool = openPool({ frameCache, cacheBytes: 63 * 36 * 3 * 5 })
  await pool.read(wanted)
  await pool.read(other)
  expect(readdirSync(frameCache)).toEqual([`${wanted.digest}-63x36.rgb`])
  expect(statSync(join(frameCache, readdirSync(frameCache)[0]!)).size).toBe(63 * 36 * 3 * 5)
})

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
  const digest = 'another'
  const text = brokenVideo('text.mp4')
  expect(await reason({ digest, file: join(root, 'gone.mp4') })).toBe(
    'video-unreadable: gone.mp4: The file does not exist.',
  )
  expect(await reason({ digest, file: text })).toBe(
    'video-unreadable: text.mp4: This is not a video file: no known video format was found in it.',
  )
  expect(await reason({ digest, frameCount: 98 })).toBe(
    'video-unreadable: h264-10bit-444.mkv: It had 98 frames when it was imported; now their number is different.',
  )
  expect(await reason({})).toBe('read')
})

test('replaces a worker that dies and names the file it died on', async () => {
  const pool = openPool()
  const copy = join(root, 'deadly.mkv')
  copyFileSync(files[0]!, copy)
  const wanted = await planOf(copy)
  const before = new Set(childProcesses())
  const lost = pool.read(wanted)
  const worker = childProcesses().find((child) => !before.has(child)) as ChildProcess
  worker.kill('SIGKILL')
  await expect(lost).rejects.toMatchObject({
    code: 'video-unreadable',
    message: `${copy}: The decoder crashed on this file (SIGKILL).`,
  })
  expect((await pool.read(wanted))[0]!.length).toBe(4 * 24 * 24 * 3)
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
