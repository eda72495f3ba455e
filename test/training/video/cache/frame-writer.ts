import { join } from 'node:path'
import { framesName } from '#node/frame-folder.ts'
import { readCachedFrames, writeCachedFrames } from '#training/video/cache/frame-cache.ts'
import { cachedBytes } from '#training/video/cache/frame-layout.ts'
import { FrameRoom } from '#training/video/cache/frame-room.ts'
import { framePixels, keyOf, videoCount } from './frame-videos.ts'

/** A process that reads random videos from a shared frame cache and writes those that are missing, until it is killed. It prints what is wrong. */
const [folder = '', budget = '0', seed = '1'] = process.argv.slice(2)
let state = Number(seed)
const random = (n: number): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) % n
process.on('disconnect', () => process.exit(0))
for (let turn = 0; ; turn++) {
  // As a new pool: what was used before it may be evicted.
  const room = new FrameRoom({ folder, usedSinceMs: Date.now(), maxBytes: () => Number(budget) })
  for (let clip = 0; clip < 8; clip++) {
    const video = random(videoCount)
    const key = keyOf(video)
    const path = join(folder, framesName(key.digest, key.decodedSize))
    const cached = readCachedFrames(path, key, [key.frameCount - 1, 0])
    if ('data' in cached) {
      const expected = Buffer.concat([framePixels(video, key.frameCount - 1), framePixels(video, 0)])
      if (!expected.equals(cached.data)) process.send?.(`other frames of video ${video}`)
    } else if (cached.damage !== undefined) process.send?.(cached.damage)
    else {
      const { hasRoom, problem } = await room.reserve(cachedBytes(key))
      if (problem !== undefined) process.send?.(problem)
      if (!hasRoom) continue
      const writer = writeCachedFrames(path, key, Number(seed) % 2 === 0)
      for (let frame = 0; frame < key.frameCount; frame++) writer.write(framePixels(video, frame))
      writer.commit()
      if (writer.problem !== undefined) process.send?.(writer.problem)
    }
  }
  process.send?.('turn')
  await new Promise((resolve) => setImmediate(resolve))
}
