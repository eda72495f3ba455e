import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { evictCache, listCache } from '#node/cache-folder.ts'
import { frameFolder, openFrameFolder } from '#node/frame-folder.ts'
import { temporaryFolder } from '../main/support.ts'

function write(folder: string, name: string, bytes: number, minutesAgo: number): void {
  writeFileSync(join(folder, name), Buffer.alloc(bytes))
  const at = new Date(Date.now() - minutesAgo * 60_000)
  utimesSync(join(folder, name), at, at)
}

test('the least recently used frames are deleted first, after what killed writers left, and nothing else', async () => {
  const folder = temporaryFolder()
  write(folder, 'a-1x1.frames', 100, 30)
  write(folder, 'b-1x1.frames', 100, 20)
  write(folder, 'c-1x1.frames', 100, 10)
  write(folder, 'd-1x1.frames.7-ab.tmp', 50, 90)
  write(folder, 'e-1x1.frames.8-cd.tmp', 50, 1)
  write(folder, 'notes.txt', 1000, 900)
  write(folder, 'notes.tmp', 1000, 900)
  const listing = await listCache(frameFolder(folder))
  expect(listing.bytes).toBe(400)
  expect(await evictCache(frameFolder(folder), listing, 270)).toEqual({ bytes: 250, deleted: 2 })
  expect(readdirSync(folder).toSorted()).toEqual([
    'b-1x1.frames',
    'c-1x1.frames',
    'e-1x1.frames.8-cd.tmp',
    'notes.tmp',
    'notes.txt',
  ])
  const recent = Date.now() - 15 * 60_000
  expect(await evictCache(frameFolder(folder), await listCache(frameFolder(folder)), 0, recent)).toEqual({
    bytes: 150,
    deleted: 1,
  })
  expect(existsSync(join(folder, 'c-1x1.frames'))).toBe(true)
})

test('a file that was used since it was listed stays, and one with a time in the future does not stay for good', async () => {
  const folder = temporaryFolder()
  write(folder, 'a-1x1.frames', 100, 30)
  write(folder, 'b-1x1.frames', 100, -900)
  const listing = await listCache(frameFolder(folder))
  utimesSync(join(folder, 'a-1x1.frames'), new Date(), new Date())
  expect(await evictCache(frameFolder(folder), listing, 0)).toEqual({ bytes: 100, deleted: 1 })
  expect(readdirSync(folder)).toEqual(['a-1x1.frames'])
})

test('a folder that is missing is empty; opening it deletes leftovers only', async () => {
  const folder = join(temporaryFolder(), 'frames')
  expect(await listCache(frameFolder(folder))).toEqual({ files: [], bytes: 0 })
  expect(openFrameFolder(folder)).toBe(0)
  write(folder, 'a-1x1.frames', 1, 900)
  write(folder, 'a-1x1.rgb', 1, 1)
  write(folder, 'b-1x1.frames.7-ab.tmp', 1, 90)
  write(folder, 'c-1x1.frames.7-ab.tmp', 1, 1)
  mkdirSync(join(folder, 'd-1x1.frames'))
  expect(openFrameFolder(folder)).toBe(1)
  expect(readdirSync(folder).toSorted()).toEqual(['a-1x1.frames', 'c-1x1.frames.7-ab.tmp', 'd-1x1.frames'])
  expect((await listCache(frameFolder(folder))).files.map(({ name }) => name).toSorted()).toEqual([
    'a-1x1.frames',
    'c-1x1.frames.7-ab.tmp',
  ])
})
