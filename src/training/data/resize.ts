import type { Box } from './geometry.ts'
import { type ChannelScale, channelScales } from './normalize.ts'
import { PixelMemory } from './pixel-memory.ts'
import { resizeKernel } from './resize-kernel/kernel.ts'
import { mixTable, sumTable } from './resize-kernel/tables.ts'
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

/**
 * Crops `box` from every frame and resizes it to size x size pixels: [frames, size, size, 3], 0..255.
 * @param memory of the result
 */
export function cropAndResize(
  frames: FrameStack,
  box: Box,
  size: number,
  flip: boolean,
  resample: Resample,
  memory = new PixelMemory(),
): Uint8Array | Float32Array {
  const taps = (start: number, length: number) =>
    resample === 'bilinear'
      ? bilinearTaps(start, length, size)
      : antialiasedTaps(start, length, size, resample === 'antialiased' ? 'linear' : 'cubic')
  const columns = flip ? mirrored(taps(box.x, box.width)) : taps(box.x, box.width)
  const rows = taps(box.y, box.height)
  return resample === 'bilinear'
    ? resizeExact(frames, columns, rows, size)
    : resizeRounded(frames, columns, rows, size, memory)
}

/** Weights with 22 fractional bits; each pass rounds to a byte, as in Pillow. */
function resizeRounded(frames: FrameStack, columns: Taps, rows: Taps, size: number, memory: PixelMemory): Uint8Array {
  const kernel = resizeKernel()
  const line = size * 3
  const read = rowsRead(frames, columns, rows)
  const across = sumTable(columns, 3)
  const down = sumTable(rows, line)
  const at = kernel.reserve({
    across: across.bytes.length,
    down: down.bytes.length,
    input: read.count * read.rowBytes + across.pairs * 6 + overrun,
    middle: (read.count + down.pairs * 2) * line + overrun,
    output: size * line + overrun,
  })
  kernel.write(at.across, across.bytes)
  kernel.write(at.down, down.bytes)
  const resized = kernel.bytes(at.output, size * line)
  const out = memory.takeBytes(frames.frameCount * resized.length)
  for (let t = 0; t < frames.frameCount; t++) {
    kernel.write(at.input, read.ofFrame(t))
    kernel.sumColumns(at.input, read.rowBytes, read.count, at.across, across.pairs, size, at.middle)
    kernel.sumRows(at.middle - read.first * line, line, at.down, down.pairs, size, at.output)
    out.set(resized, t * resized.length)
  }
  return out
}

/** Interpolates in double precision and rounds to single: one number for each channel of each pixel. */
function resizeExact(frames: FrameStack, columns: Taps, rows: Taps, size: number): Float32Array {
  const plane = size * size
  const planes = resizePlanes(frames, columns, rows, size, [unscaled, unscaled, unscaled], new PixelMemory())
  const stride = frames.frameCount * plane
  const out = new Float32Array(planes.length)
  for (let pixel = 0; pixel < stride; pixel++)
    for (let channel = 0; channel < 3; channel++) out[pixel * 3 + channel] = planes[channel * stride + pixel] ?? 0
  return out
}

/**
 * The bilinear result of `cropAndResize`, normalised as `normalize` does: [3, frames, size, size]. Frame by frame, so that what is computed stays in
 * the cache of the processor.
 * @param memory of the result
 */
export function cropToNormalized(
  frames: FrameStack,
  box: Box,
  size: number,
  flip: boolean,
  memory = new PixelMemory(),
): Float32Array {
  const columns = bilinearTaps(box.x, box.width, size)
  const rows = bilinearTaps(box.y, box.height, size)
  return resizePlanes(frames, flip ? mirrored(columns) : columns, rows, size, channelScales, memory)
}

const unscaled: ChannelScale = { scale: 1, shift: 0 }

/** Resizes bilinearly and scales each channel: [3, frames, size, size]. */
function resizePlanes(
  frames: FrameStack,
  columns: Taps,
  rows: Taps,
  size: number,
  scales: readonly ChannelScale[],
  memory: PixelMemory,
): Float32Array {
  const kernel = resizeKernel()
  const line = size * Float64Array.BYTES_PER_ELEMENT
  const plane = size * size
  const read = rowsRead(frames, columns, rows)
  const across = mixTable(columns, 3)
  const down = mixTable(rows, 3 * line)
  const at = kernel.reserve({
    across: across.length,
    down: down.length,
    input: read.count * read.rowBytes + overrun,
    middle: read.count * 3 * line + overrun,
    output: plane * Float32Array.BYTES_PER_ELEMENT + overrun,
  })
  kernel.write(at.across, across)
  kernel.write(at.down, down)
  const resized = kernel.floats(at.output, plane)
  const out = memory.take(3 * frames.frameCount * plane)
  for (let t = 0; t < frames.frameCount; t++) {
    kernel.write(at.input, read.ofFrame(t))
    kernel.mixColumns(at.input, read.rowBytes, read.count, at.across, size, at.middle)
    for (const [channel, { scale, shift }] of scales.entries()) {
      kernel.mixRows(at.middle + (channel - read.first * 3) * line, at.down, size, at.output, scale, shift)
      out.set(resized, (channel * frames.frameCount + t) * plane)
    }
  }
  return out
}

/** Bytes behind an area that the kernel reads and writes, at most. */
const overrun = 32

/**
 * The rows of each frame that `rows` reads.
 * @throws RangeError if the taps read beyond the frames, whose place in the kernel's memory holds other data
 */
function rowsRead({ data, frameCount, width, height }: FrameStack, columns: Taps, rows: Taps) {
  const [left, right] = pixelsRead(columns)
  const [first, end] = pixelsRead(rows)
  if (left < 0 || right > width || first < 0 || end > height)
    throw new RangeError(`columns ${left} to ${right}, rows ${first} to ${end}: not in frames of ${width} × ${height}`)
  if (data.length < frameCount * height * width * 3)
    throw new RangeError(`${data.length} bytes are too few for ${frameCount} frames of ${width} × ${height}`)
  const count = end - first
  const rowBytes = width * 3
  return {
    first,
    count,
    rowBytes,
    ofFrame: (t: number) => data.subarray((t * height + first) * rowBytes, (t * height + first + count) * rowBytes),
  }
}

/** The first pixel that taps read, and the one after the last. */
function pixelsRead({ first, count }: Taps): [first: number, end: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, 0]
  for (const [output, start] of first.entries()) {
    low = Math.min(low, start)
    high = Math.max(high, start + (count[output] ?? 0))
  }
  return [low, high]
}
