import type { Size } from '../../data/geometry.ts'

/**
 * RGB bytes [height, width, 3] as planar YUV 4:2:0 (BT.601, limited range), in integers, so that every machine gets
 * the same bytes. Colour is the mean of 2 x 2 pixels; width and height are even.
 */
export function toYuv420(pixels: Uint8Array, { width, height }: Size): Uint8Array {
  const luma = width * height
  const out = new Uint8Array(luma * 1.5)
  for (let at = 0, from = 0; at < luma; at++, from += 3) {
    out[at] =
      ((66 * (pixels[from] ?? 0) + 129 * (pixels[from + 1] ?? 0) + 25 * (pixels[from + 2] ?? 0) + 128) >> 8) + 16
  }
  for (let row = 0, to = luma; row < height; row += 2) {
    for (let column = 0; column < width; column += 2, to++) {
      const upper = (row * width + column) * 3
      const lower = upper + width * 3
      const sum = (channel: number) =>
        (pixels[upper + channel] ?? 0) +
        (pixels[upper + channel + 3] ?? 0) +
        (pixels[lower + channel] ?? 0) +
        (pixels[lower + channel + 3] ?? 0)
      const [r, g, b] = [sum(0), sum(1), sum(2)]
      out[to] = ((-38 * r - 74 * g + 112 * b + 512) >> 10) + 128
      out[to + luma / 4] = ((112 * r - 94 * g - 18 * b + 512) >> 10) + 128
    }
  }
  return out
}
