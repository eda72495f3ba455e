/** Mean and standard deviation of ImageNet in RGB, for pixels in 0..1. */
export const imageNetMean = [0.485, 0.456, 0.406] as const
export const imageNetDeviation = [0.229, 0.224, 0.225] as const

/**
 * Normalises RGB frames [frames, size, size, 3] in 0..255 by ImageNet's statistics and writes them as
 * [3, frames, size, size] into `out`, starting at `offset`. The channels are `stride` numbers apart, if they have other frames between them.
 */
export function normalize(
  pixels: Uint8Array | Float32Array,
  out: Float32Array,
  offset: number,
  stride = pixels.length / 3,
): void {
  const plane = pixels.length / 3
  for (const channel of [0, 1, 2] as const) {
    const scale = 1 / (255 * imageNetDeviation[channel])
    const shift = imageNetMean[channel] / imageNetDeviation[channel]
    for (let i = 0, from = channel, to = offset + channel * stride; i < plane; i++, from += 3, to++)
      out[to] = (pixels[from] ?? 0) * scale - shift
  }
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
