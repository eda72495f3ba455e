import type { ClipPixels } from './clip.ts'

/** Mean and standard deviation of ImageNet in RGB, for pixels in 0..1. */
export const imageNetMean = [0.485, 0.456, 0.406] as const
export const imageNetDeviation = [0.229, 0.224, 0.225] as const

/** A channel of a pixel in 0..255 is normalised as value · scale − shift. */
export interface ChannelScale {
  readonly scale: number
  readonly shift: number
}

/** Of red, green and blue. */
export const channelScales = ([0, 1, 2] as const).map((channel): ChannelScale => ({
  scale: 1 / (255 * imageNetDeviation[channel]),
  shift: imageNetMean[channel] / imageNetDeviation[channel],
}))

/** The normalised value of each byte, for each channel. */
const byteTables = channelScales.map(({ scale, shift }) =>
  Float32Array.from({ length: 256 }, (_, byte) => byte * scale - shift),
)

/**
 * Normalises RGB frames [frames, size, size, 3] in 0..255 by ImageNet's statistics and writes them as
 * [3, frames, size, size] into `out`, starting at `offset`.
 */
export function normalize(pixels: Uint8Array | Float32Array, out: Float32Array, offset: number): void {
  if (pixels instanceof Uint8Array) return normalizeBytes(pixels, out, offset)
  const plane = pixels.length / 3
  for (const [channel, { scale, shift }] of channelScales.entries())
    for (let from = channel, to = offset + channel * plane; from < pixels.length; from += 3, to++)
      out[to] = (pixels[from] ?? 0) * scale - shift
}

/** Looks values up: their arithmetic takes several times as long. */
function normalizeBytes(pixels: Uint8Array, out: Float32Array, offset: number): void {
  const plane = pixels.length / 3
  const [reds, greens, blues] = byteTables as [Float32Array, Float32Array, Float32Array]
  for (let from = 0, to = offset; from < pixels.length; from += 3, to++) {
    out[to] = reds[pixels[from] ?? 0] ?? 0
    out[to + plane] = greens[pixels[from + 1] ?? 0] ?? 0
    out[to + 2 * plane] = blues[pixels[from + 2] ?? 0] ?? 0
  }
}

/** Writes the pixels of a clip as normalised floats [3, frames, size, size] into `out`, starting at `offset`: bytes as `normalize` does, floats as they are. */
export function writePixels(out: Float32Array, pixels: ClipPixels, offset: number): void {
  if (pixels instanceof Uint8Array) normalize(pixels, out, offset)
  else out.set(pixels, offset)
}

/** The inverse of `normalize`: a normalised clip [3, frames, size, size] as RGB bytes [frames, size, size, 3]. */
export function denormalize(clip: Float32Array): Uint8Array {
  const plane = clip.length / 3
  const pixels = new Uint8ClampedArray(clip.length)
  for (const channel of [0, 1, 2] as const) {
    const deviation = imageNetDeviation[channel]
    const mean = imageNetMean[channel]
    for (let i = 0; i < plane; i++)
      pixels[i * 3 + channel] = ((clip[channel * plane + i] ?? 0) * deviation + mean) * 255
  }
  return new Uint8Array(pixels.buffer)
}
