import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readCachedFrames, writeCachedFrames } from '#training/video/cache/frame-cache.ts'
import { type CacheKey, cachedBytes } from '#training/video/cache/frame-layout.ts'
import { temporaryFolder } from '../../../main/support.ts'

const key: CacheKey = { digest: 'd', decodedSize: { width: 12, height: 8 }, frameCount: 5, decoder: 'one' }
const bytesPerFrame = 12 * 8 * 3

/** Slow changes, and noise in the last one. */
function frameOf(index: number): Buffer {
  let state = index
  return Buffer.from(
    Array.from({ length: bytesPerFrame }, (_, at) => {
      state = Math.imul(state, 1664525) + 1013904223
      return index === key.frameCount - 1 ? state >>> 24 : (at >> 2) + 3 * index
    }),
  )
}

function stored(isCompressed: boolean): string {
  const path = join(temporaryFolder(), 'd-12x8.frames')
  const writer = writeCachedFrames(path, key, isCompressed)
  for (let index = 0; index < key.frameCount; index++) writer.write(frameOf(index))
  writer.commit()
  expect(writer.problem).toBeUndefined()
  return path
}
const wanted = [4, 0, 2, 2]
const wantedFrames = Buffer.concat(wanted.map(frameOf))

describe.each([
  { name: 'frames as they are', isCompressed: false },
  { name: 'compressed frames', isCompressed: true },
])('$name', ({ isCompressed }) => {
  test('are read in any order, each once', () => {
    const found = readCachedFrames(stored(isCompressed), key, wanted)
    expect('data' in found && Buffer.from(found.data).equals(wantedFrames)).toBe(true)
  })

  test('are never other ones, whichever byte of the file is changed', () => {
    const path = stored(isCompressed)
    const whole = readFileSync(path)
    const all = [0, 1, 2, 3, 4]
    for (let at = 0; at < whole.length; at++) {
      const changed = Buffer.from(whole)
      changed[at]! ^= 1 << (at & 7)
      writeFileSync(path, changed)
      expect(readCachedFrames(path, key, all)).toHaveProperty('damage')
    }
    for (const length of [0, 20, whole.length - 1]) {
      writeFileSync(path, whole.subarray(0, length))
      expect(readCachedFrames(path, key, all)).toHaveProperty('damage')
    }
  })

  test('of another decoder are not used', () => {
    expect(readCachedFrames(stored(isCompressed), { ...key, decoder: 'two' }, [0])).toEqual({
      damage: 'Its cached frames were not those of this video, size and decoder.',
    })
  })
})

test('compressed frames take less space, and noise no more than it has bytes', () => {
  const [asTheyAre, compressed] = [stored(false), stored(true)].map((path) => statSync(path).size)
  expect(compressed).toBeLessThan(asTheyAre! / 2)
  expect(compressed).toBeGreaterThan(bytesPerFrame)
  expect(cachedBytes(key)).toBeGreaterThanOrEqual(asTheyAre!)
})
