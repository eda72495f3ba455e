import type { CacheKey } from '#training/video/cache/frame-cache.ts'

/** Videos whose frames are known without decoding. */
export const videoCount = 40
const size = { width: 64, height: 48 }

export const keyOf = (video: number): CacheKey => ({
  digest: `video${video}`,
  decodedSize: size,
  frameCount: 4 + (video % 5) * 3,
  decoder: 'none',
})

export const framePixels = (video: number, frame: number): Buffer =>
  Buffer.alloc(size.width * size.height * 3, video * 16 + frame + 1)
