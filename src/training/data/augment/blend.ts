/** One RGB frame, row-major [height, width, 3]. */
export interface Frame {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
}

/** base + factor · (value - base), clamped to a byte. */
export function blended(value: number, base: number, factor: number): number {
  const result = base + factor * (value - base)
  return result <= 0 ? 0 : result >= 255 ? 255 : Math.trunc(result)
}

/** The grey of each pixel [height · width]: luma by the weights of ITU-R BT.601 in 16 fractional bits, rounded. */
export function greys({ data }: Frame): Uint8Array {
  const out = new Uint8Array(data.length / 3)
  for (let pixel = 0, at = 0; at < data.length; pixel++, at += 3) {
    out[pixel] = ((data[at] ?? 0) * 19595 + (data[at + 1] ?? 0) * 38470 + (data[at + 2] ?? 0) * 7471 + 0x8000) >> 16
  }
  return out
}

/** Moves each pixel away from its grey (factor above 1) or towards it (below 1), in place. */
export function saturate(frame: Frame, factor: number): void {
  const { data } = frame
  const base = greys(frame)
  for (let pixel = 0, at = 0; at < data.length; pixel++, at += 3) {
    for (let index = at; index < at + 3; index++) data[index] = blended(data[index] ?? 0, base[pixel] ?? 0, factor)
  }
}

/**
 * Moves each pixel away from (factor above 1) or towards (below 1) the mean of its 3 x 3 neighbourhood, in which the pixel
 * itself counts five times, in place. Border pixels do not change.
 */
export function sharpen({ data, width, height }: Frame, factor: number): void {
  const original = data.slice()
  const row = width * 3
  for (let y = 1; y < height - 1; y++) {
    for (let index = y * row + 3; index < (y + 1) * row - 3; index++) {
      const value = original[index] ?? 0
      let sum = 4 * value
      for (let from = index - row; from <= index + row; from += row)
        sum += (original[from - 3] ?? 0) + (original[from] ?? 0) + (original[from + 3] ?? 0)
      data[index] = blended(value, Math.trunc(sum / 13 + 0.5), factor)
    }
  }
}
