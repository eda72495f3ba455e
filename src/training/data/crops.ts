import type { Box, Size } from './geometry.ts'
import type { Draws } from './random.ts'

/** Offsets of a multi-scale crop in quarters of the free space: corners, centre, middles of the sides, middles of the quarters. */
const fixedOffsets: readonly (readonly [number, number])[] = [
  [0, 0],
  [4, 0],
  [0, 4],
  [4, 4],
  [2, 2],
  [0, 2],
  [4, 2],
  [2, 0],
  [2, 4],
  [1, 1],
  [3, 1],
  [1, 3],
  [3, 3],
]
const scales = [1, 0.875, 0.75, 0.66]

/**
 * Crop of the pre-training stages: both sides are one of four scales of the short side, at most one scale apart, at one
 * of 13 fixed offsets (docs/method.md, Crops and resizing).
 */
export function multiScaleCrop(draws: Draws, { width, height }: Size): Box {
  const short = Math.min(width, height)
  const sides = scales.map((scale) => Math.max(1, Math.floor(short * scale)))
  const pairs = sides.flatMap((w, i) =>
    sides.flatMap((h, j) => (Math.abs(i - j) <= 1 ? [{ width: w, height: h }] : [])),
  )
  const size = choose(draws, pairs)
  const [column, row] = choose(draws, fixedOffsets)
  return {
    ...size,
    x: Math.floor(((width - size.width) * column) / 4),
    y: Math.floor(((height - size.height) * row) / 4),
  }
}

/**
 * Random resized crop: area uniform in [minArea, 1] of the frame, aspect log-uniform in [3/4, 4/3]. If ten boxes do
 * not fit, the largest centred box of an allowed aspect.
 */
export function randomResizedCrop(draws: Draws, { width, height }: Size, minArea: number): Box {
  const [narrowest, widest] = [3 / 4, 4 / 3]
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = width * height * (minArea + (1 - minArea) * draws.uniform())
    const aspect = Math.exp(Math.log(narrowest) + (Math.log(widest) - Math.log(narrowest)) * draws.uniform())
    const w = Math.round(Math.sqrt(area * aspect))
    const h = Math.round(Math.sqrt(area / aspect))
    if (w < 1 || h < 1 || w > width || h > height) continue
    return { x: draws.integer(width - w + 1), y: draws.integer(height - h + 1), width: w, height: h }
  }
  const w = Math.min(width, Math.round(height * widest))
  const h = Math.min(height, Math.round(width / narrowest))
  return { x: Math.floor((width - w) / 2), y: Math.floor((height - h) / 2), width: w, height: h }
}

/**
 * Crop `position` of `positions` along the long side for testing: the frame is scaled until its short side is `size`
 * pixels (the long side rounded down) and a square is cropped at whole scaled pixels; a single position is the middle. The
 * box is in pixels before the scaling, so its corners may be fractions.
 */
export function testCrop({ width, height }: Size, size: number, position: number, positions: number): Box {
  const isWide = width >= height
  const [long, short] = isWide ? [width, height] : [height, width]
  const scaledLong = Math.max(size, Math.floor((long * size) / short))
  const spare = scaledLong - size
  const offset = Math.floor(positions === 1 ? spare / 2 : (position * spare) / (positions - 1))
  const along = { start: (offset * long) / scaledLong, length: (size * long) / scaledLong }
  return isWide
    ? { x: along.start, y: 0, width: along.length, height }
    : { x: 0, y: along.start, width, height: along.length }
}

function choose<T>(draws: Draws, options: readonly T[]): T {
  const option = options[draws.integer(options.length)]
  if (option === undefined) throw new RangeError('there is nothing to choose from')
  return option
}
