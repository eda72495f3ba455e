/// <reference lib="esnext.float16" />

/** All float16 numbers by their bits, as float32. */
const floats = Float32Array.from(new Float16Array(Uint16Array.from({ length: 2 ** 16 }, (_, bits) => bits).buffer))

/** Exponent of infinities and NaN. */
const endless = 0x7c00

/** The bits of the nearest float16 numbers, ties to even; undefined if one is not finite, or rounds to infinity (65,520 and more). */
export function toHalf(numbers: Float32Array): Uint16Array | undefined {
  const bits = new Uint16Array(new Float16Array(numbers).buffer)
  return bits.every((half) => (half & endless) !== endless) ? bits : undefined
}

/** Writes the rows of a float16 matrix [N, width] as float32 into `out`, one after the other from `offset` on. */
export function gatherHalf(
  out: Float32Array,
  offset: number,
  matrix: Uint16Array,
  rows: Int32Array,
  width: number,
): void {
  let to = offset
  for (const row of rows)
    for (let from = row * width; from < (row + 1) * width; from++) out[to++] = floats[matrix[from] ?? 0] ?? 0
}
