import type { Frame } from './blend.ts'
import type { AffineMatrix } from './operation.ts'

/** Grey value of pixels from outside the frame. */
const outside = 128

/**
 * Transforms a frame by a matrix that gives the source of each pixel, with a cubic kernel (Keys, a = -1, as in Pillow) that
 * repeats the border. Returns new pixels.
 */
export function transformed({ data, width, height }: Frame, [a, b, c, d, e, f]: AffineMatrix): Uint8Array {
  const out = new Uint8Array(data.length).fill(outside)
  const columns = new Int32Array(4)
  const rows = new Int32Array(4)
  const across = new Float64Array(4)
  const down = new Float64Array(4)
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const fromX = a * (x + 0.5) + b * (y + 0.5) + c
      const fromY = d * (x + 0.5) + e * (y + 0.5) + f
      if (fromX < 0 || fromX >= width || fromY < 0 || fromY >= height) continue
      cubicTaps(fromX - 0.5, width, columns, across)
      cubicTaps(fromY - 0.5, height, rows, down)
      let [red, green, blue] = [0, 0, 0]
      for (let j = 0; j < 4; j++) {
        const weight = down[j] ?? 0
        if (weight === 0) continue
        for (let i = 0; i < 4; i++) {
          const share = weight * (across[i] ?? 0)
          const at = ((rows[j] ?? 0) * width + (columns[i] ?? 0)) * 3
          red += share * (data[at] ?? 0)
          green += share * (data[at + 1] ?? 0)
          blue += share * (data[at + 2] ?? 0)
        }
      }
      out[to] = toByte(red)
      out[to + 1] = toByte(green)
      out[to + 2] = toByte(blue)
    }
  }
  return out
}

/** The four pixels around a position along one axis, and their weights. */
function cubicTaps(position: number, length: number, pixels: Int32Array, weights: Float64Array): void {
  const first = Math.floor(position)
  const t = position - first
  for (let k = 0; k < 4; k++) pixels[k] = Math.min(length - 1, Math.max(0, first - 1 + k))
  weights[0] = ((2 - t) * t - 1) * t
  weights[1] = (t - 2) * t * t + 1
  weights[2] = ((1 - t) * t + 1) * t
  weights[3] = (t - 1) * t * t
}

const toByte = (value: number): number => (value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value))
