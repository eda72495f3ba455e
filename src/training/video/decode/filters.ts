import type { Size } from '../../data/geometry.ts'

/** How a stored frame is rotated for display: libavfilter's filters, and whether they swap width and height. */
export interface Orientation {
  readonly filters: readonly string[]
  readonly isSideways: boolean
}

const upright: Orientation = { filters: [], isSideways: false }

/**
 * Orientation from a display matrix (nine 16.16 fixed-point numbers, ISO 14496-12), for rotations by a multiple of 90° and
 * mirror images. Any other matrix is ignored, as the ffmpeg program does.
 */
export function orientation(matrix: Int32Array | undefined): Orientation {
  if (matrix === undefined) return upright
  const [a = 0, b = 0, , c = 0, d = 0] = matrix
  if (a === 0 && d === 0 && b !== 0 && c !== 0) {
    const transpose = b > 0 ? (c < 0 ? 'clock' : 'cclock_flip') : c > 0 ? 'cclock' : 'clock_flip'
    return { filters: [`transpose=${transpose}`], isSideways: true }
  }
  return { filters: [...(a < 0 ? ['hflip'] : []), ...(d < 0 ? ['vflip'] : [])], isSideways: false }
}

/** Filters that scale to `size` and convert to RGB, with the same bytes on every machine. */
export function scaleToRgb(size: Size): string[] {
  return [`scale=${size.width}:${size.height}:flags=bicubic+accurate_rnd+full_chroma_int+bitexact`, 'format=rgb24']
}
