import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { listCache } from '#node/cache-folder.ts'
import { frameFolder, framesName } from '#node/frame-folder.ts'
import { readCachedFrames } from '#training/video/cache/frame-cache.ts'
import { cachedBytes } from '#training/video/cache/frame-layout.ts'
import { frameBudget, FrameRoom } from '#training/video/cache/frame-room.ts'
import { temporaryFolder } from '../../../main/support.ts'
import { framePixels, keyOf, videoCount } from './frame-videos.ts'

test('processes that share the cache and are killed at any point keep the budget and every frame', async () => {
  const folder = temporaryFolder()
  const largest = Math.max(...Array.from({ length: videoCount }, (_, video) => cachedBytes(keyOf(video))))
  const maxBytes = 8 * largest
  const said: unknown[] = []
  const children = new Set<ChildProcess>()
  onTestFinished(() => void [...children].map((child) => child.kill('SIGKILL')))
  let turns = 0
  const start = (seed: number): ChildProcess => {
    const child = fork(new URL('./frame-writer.ts', import.meta.url), [folder, String(maxBytes), String(seed)], {
      execArgv: [],
    })
    children.add(child)
    child.on('message', (message) => (message === 'turn' ? (turns += 1) : said.push(message)))
    return child
  }
  const writers = 3
  const running = Array.from({ length: writers }, (_, index) => start(index + 1))
  for (let killed = 0; killed < 12; killed++) {
    const victim = running.shift()!
    // At a random point of its work after it has begun: within the writing of a frame as well as between two files.
    await once(victim, 'message')
    for (let spin = 0; spin < (killed * 7919) % 13; spin++) await new Promise((resolve) => setImmediate(resolve))
    const ended = once(victim, 'exit')
    victim.kill('SIGKILL')
    await ended
    children.delete(victim)
    running.push(start(100 + killed))
    const { files } = await listCache(frameFolder(folder))
    // Files that killed writers left count until they are an hour old, but no more than one for each.
    const bytes = files.filter(({ kind }) => kind === 'complete').reduce((sum, file) => sum + file.bytes, 0)
    expect(bytes).toBeLessThanOrEqual(maxBytes + writers * largest)
  }
  for (const child of running) {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    children.delete(child)
  }
  expect(said).toEqual([])
  expect(turns).toBeGreaterThan(12)
  const found = Array.from({ length: videoCount }, (_, video) => {
    const key = keyOf(video)
    const cached = readCachedFrames(join(folder, framesName(key.digest, key.decodedSize)), key, [1])
    if ('data' in cached) return framePixels(video, 1).equals(cached.data) ? 'whole' : 'other'
    return cached.damage ?? 'none'
  })
  expect(new Set(found)).toEqual(new Set(['whole', 'none']))
  expect(found.filter((state) => state === 'whole').length).toBeGreaterThan(3)
}, 120_000)

test('a video larger than the budget is not stored, and nothing is evicted for it', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'a-1x1.frames'), Buffer.alloc(900))
  const room = new FrameRoom({ folder, usedSinceMs: Date.now() + 60_000, maxBytes: () => 1000 })
  expect(await room.reserve(1001)).toEqual({ hasRoom: false })
  expect(readdirSync(folder)).toEqual(['a-1x1.frames'])
  const none = new FrameRoom({ folder: join(folder, 'gone'), usedSinceMs: 0, maxBytes: () => 1000 })
  expect((await none.reserve(1)).problem).toContain('Decoded frames cannot be stored in')
})

test('the budget is that of the settings of the workspace, which may change', () => {
  const workspace = temporaryFolder()
  const folder = join(workspace, 'frames')
  expect(frameBudget(folder)).toBe(4 * 2 ** 30)
  writeFileSync(join(workspace, 'settings.json'), '{"version":1,"frames":{"budgetGib":1.5}}')
  expect(frameBudget(folder)).toBe(1.5 * 2 ** 30)
  writeFileSync(join(workspace, 'settings.json'), '{"version":1,"frames":{"budgetGib":"x"}}')
  expect(frameBudget(folder)).toBe(4 * 2 ** 30)
})
