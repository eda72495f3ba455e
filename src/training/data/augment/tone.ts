import { blended } from './blend.ts'

/** Maps each value of a channel to another: [256] bytes. Histograms are counts [256]. */
export type Table = Uint8Array

const table = (map: (value: number) => number): Table => Uint8Array.from({ length: 256 }, (_, value) => map(value))

export const inverted = (): Table => table((value) => 255 - value)
export const posterized = (bits: number): Table => table((value) => value & (0xff << (8 - bits)) & 0xff)
export const solarized = (threshold: number): Table => table((value) => (value < threshold ? value : 255 - value))
export const solarizedAfterAdding = (amount: number): Table =>
  table((value) => (value < 128 ? Math.min(255, value + amount) : value))

/** Moves all values away from `base` (factor above 1) or towards it (below 1). */
export const contrasted = (base: number, factor: number): Table => table((value) => blended(value, base, factor))

/** Stretches the range of used values to 0..255. */
export function contrastStretched(histogram: Readonly<Uint32Array>): Table {
  const low = histogram.findIndex((count) => count > 0)
  const high = histogram.findLastIndex((count) => count > 0)
  if (high <= low) return table((value) => value)
  const scale = 255 / (high - low)
  return table((value) => Math.min(255, Math.max(0, Math.trunc(value * scale - low * scale))))
}

/** Equalizes the histogram: each value maps to the share of values below it, as in Pillow without the last used value. */
export function equalized(histogram: Readonly<Uint32Array>): Table {
  const last = histogram.findLastIndex((count) => count > 0)
  const total = histogram.reduce((sum, count) => sum + count, 0)
  const step = Math.floor((total - (histogram[last] ?? 0)) / 255)
  if (step === 0) return table((value) => value)
  let below = Math.floor(step / 2)
  return table((value) => {
    const level = Math.floor(below / step)
    below += histogram[value] ?? 0
    return Math.min(255, level)
  })
}
