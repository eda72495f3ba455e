import type { CacheKey } from '#training/video/cache/frame-layout.ts'

/** Videos whose frames are known without decoding. */
export const videoCount = 40
const size = { width: 64, height: 48 }

export const keyOf = (video: number): CacheKey => ({
  digest: `video${video}`,
  decodedSize: size,
  frameCount: 4 + (video % 5) * 3,
  decoder: 'none',
})

/** A constant quarter, then noise, so that compressed videos exceed the budget as well. */
export function framePixels(video: number, frame: number): Buffer {
  const pixels = Buffer.alloc(size.width * size.height * 3, video * 16 + frame + 1)
  let state = video * 16 + frame
  for (let at = pixels.length / 4; at < pixels.length; at++) {
    state = Math.imul(state, 1664525) + 1013904223
    pixels[at] = state >>> 24
  }
  return pixels
}
