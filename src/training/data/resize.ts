import type { Box } from './geometry.ts'
import { normalize } from './normalize.ts'
import { antialiasedTaps, bilinearTaps, mirrored, type Taps } from './taps.ts'

/** RGB frames, row-major [frames, height, width, 3], 0..255. */
export interface FrameStack {
  readonly data: Uint8Array
  readonly frameCount: number
  readonly height: number
  readonly width: number
}

/**
 * How a crop is resized: antialiased with a linear or cubic kernel in integers, with the same result as Pillow
 * (pre-training), or bilinear between pixel centres in floating point (fine-tuning and test, docs/method.md, Crops and resizing).
 */
export type Resample = 'antialiased' | 'antialiased-cubic' | 'bilinear'

/** Crops `box` from every frame and resizes it to size x size pixels: [frames, size, size, 3], 0..255. */
export function cropAndResize(
  frames: FrameStack,
  box: Box,
  size: number,
  flip: boolean,
  resample: Resample,
): Uint8Array | Float32Array {
  const taps = (start: number, length: number) =>
    resample === 'bilinear'
      ? bilinearTaps(start, length, size)
      : antialiasedTaps(start, length, size, resample === 'antialiased' ? 'linear' : 'cubic')
  const columns = flip ? mirrored(taps(box.x, box.width)) : taps(box.x, box.width)
  const rows = taps(box.y, box.height)
  return resample === 'bilinear' ? resizeExact(frames, columns, rows, size) : resizeRounded(frames, columns, rows, size)
}

const precisionBits = 22

/** Weights with 22 fractional bits; each pass rounds to a byte, as in Pillow. */
function resizeRounded(frames: FrameStack, columns: Taps, rows: Taps, size: number): Uint8Array {
  const out = new Uint8Array(frames.frameCount * size * size * 3)
  const columnWeights = fixedPoint(columns)
  const rowWeights = fixedPoint(rows)
  const [rowLow, rowHigh] = rowsRead(rows)
  const middle = new Uint8Array((rowHigh - rowLow) * size * 3)
  const sums = new Int32Array(size * 3)
  const half = 1 << (precisionBits - 1)
  for (let t = 0; t < frames.frameCount; t++) {
    const input = frames.data.subarray(t * frames.height * frames.width * 3)
    for (let row = rowLow; row < rowHigh; row++) {
      for (let x = 0; x < size; x++) {
        let r = half
        let g = half
        let b = half
        const count = columns.count[x] ?? 0
        let at = (row * frames.width + (columns.first[x] ?? 0)) * 3
        for (let k = 0; k < count; k++, at += 3) {
          const weight = columnWeights[x * columns.stride + k] ?? 0
          r += Math.imul(input[at] ?? 0, weight)
          g += Math.imul(input[at + 1] ?? 0, weight)
          b += Math.imul(input[at + 2] ?? 0, weight)
        }
        const to = ((row - rowLow) * size + x) * 3
        middle[to] = clampByte(r >> precisionBits)
        middle[to + 1] = clampByte(g >> precisionBits)
        middle[to + 2] = clampByte(b >> precisionBits)
      }
    }
    for (let y = 0; y < size; y++) {
      sums.fill(half)
      for (let k = 0; k < (rows.count[y] ?? 0); k++) {
        const from = ((rows.first[y] ?? 0) - rowLow + k) * size * 3
        const weight = rowWeights[y * rows.stride + k] ?? 0
        for (let i = 0; i < size * 3; i++) sums[i] = (sums[i] ?? 0) + Math.imul(middle[from + i] ?? 0, weight)
      }
      const to = (t * size + y) * size * 3
      for (let i = 0; i < size * 3; i++) out[to + i] = clampByte((sums[i] ?? 0) >> precisionBits)
    }
  }
  return out
}

function resizeExact(frames: FrameStack, columns: Taps, rows: Taps, size: number): Float32Array {
  const out = new Float32Array(frames.frameCount * size * size * 3)
  eachExact(frames, columns, rows, size, (pixels, t) => out.set(pixels, t * pixels.length))
  return out
}

/** Calls `visit` with each resized frame [size, size, 3], whose memory is used again for the next one. */
function eachExact(
  frames: FrameStack,
  columns: Taps,
  rows: Taps,
  size: number,
  visit: (pixels: Float32Array, index: number) => void,
): void {
  const { data, width, height } = frames
  const line = size * 3
  const [rowLow, rowHigh] = rowsRead(rows)
  const middle = new Float64Array((rowHigh - rowLow) * line)
  const pixels = new Float32Array(size * line)
  for (let t = 0; t < frames.frameCount; t++) {
    for (let row = rowLow; row < rowHigh; row++) {
      const from = (t * height + row) * width * 3
      const to = (row - rowLow) * line
      for (let x = 0; x < size; x++) {
        const at = from + (columns.first[x] ?? 0) * 3
        const next = columns.count[x] === 2 ? at + 3 : at
        const weight = columns.weights[x * 2 + 1] ?? 0
        const r = data[at] ?? 0
        const g = data[at + 1] ?? 0
        const b = data[at + 2] ?? 0
        const i = to + x * 3
        middle[i] = r + weight * ((data[next] ?? 0) - r)
        middle[i + 1] = g + weight * ((data[next + 1] ?? 0) - g)
        middle[i + 2] = b + weight * ((data[next + 2] ?? 0) - b)
      }
    }
    for (let y = 0; y < size; y++) {
      const from = ((rows.first[y] ?? 0) - rowLow) * line
      const next = rows.count[y] === 2 ? from + line : from
      const weight = rows.weights[y * 2 + 1] ?? 0
      const to = y * line
      for (let i = 0; i < line; i++) {
        const value = middle[from + i] ?? 0
        pixels[to + i] = value + weight * ((middle[next + i] ?? 0) - value)
      }
    }
    visit(pixels, t)
  }
}

/**
 * The bilinear result of `cropAndResize`, normalised as `normalize` does: [3, frames, size, size]. Frame by frame, so that what is computed stays in
 * the cache of the processor.
 */
export function cropToNormalized(frames: FrameStack, box: Box, size: number, flip: boolean): Float32Array {
  const plane = size * size
  const clip = new Float32Array(3 * frames.frameCount * plane)
  const columns = bilinearTaps(box.x, box.width, size)
  const rows = bilinearTaps(box.y, box.height, size)
  eachExact(frames, flip ? mirrored(columns) : columns, rows, size, (pixels, t) =>
    normalize(pixels, clip, t * plane, frames.frameCount * plane),
  )
  return clip
}

function fixedPoint(taps: Taps): Int32Array {
  return Int32Array.from(taps.weights, (weight) =>
    Math.trunc(weight * (1 << precisionBits) + (weight < 0 ? -0.5 : 0.5)),
  )
}

function rowsRead(rows: Taps): [low: number, high: number] {
  const last = rows.first.length - 1
  return [rows.first[0] ?? 0, (rows.first[last] ?? 0) + (rows.count[last] ?? 0)]
}

const clampByte = (value: number) => (value < 0 ? 0 : value > 255 ? 255 : value)
