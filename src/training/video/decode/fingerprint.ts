import { fingerprintFrames } from '#contract/domain/integrity.ts'
import type { FrameView } from './decoder.ts'

/** Width and height at which frames are compared: eight differences in each of eight rows. */
export const fingerprintSize = { width: 9, height: 8 }

/** Levels of brightness between the darkest and the brightest pixel below which a picture is flat: its differences would be noise. */
const leastContrast = 16
/** Levels by which a place differs from its mean over the frames if something moves there: more than encodings differ. */
const leastMotion = 8
/** Share of its frames by which the header of a video may be wrong: two encodings of it may count one more or less. */
const tolerance = 0.02
/** Frames that have to show something. */
const leastFrames = fingerprintFrames - 1

/** Indices of the compared frames of a video: the middles of its quarters. Those of a very short video repeat. */
export const fingerprintIndices = (frameCount: number): number[] =>
  Array.from({ length: fingerprintFrames }, (_, index) => Math.floor(((index + 0.5) / fingerprintFrames) * frameCount))

/**
 * What a few frames of a video look like in tiny pictures, in bits: for each place of each frame, whether its right neighbour is brighter
 * (what is seen), and whether it is brighter than in the mean of the frames (what moves). Two encodings of a video at two sizes differ in
 * few of them. The second half tells clips of one scene from each other.
 */
export class Fingerprint implements FrameView {
  readonly size = fingerprintSize
  /** Brightness [8, 9] by frame. */
  readonly #pictures = new Map<number, Float32Array>()
  /** Number of frames by which they were chosen. */
  #frameCount = 0

  readonly wants = (index: number, expectedFrames: number): boolean => {
    this.#frameCount = expectedFrames
    return fingerprintIndices(expectedFrames).includes(index)
  }

  /** @param pixels RGB [8, 9, 3] */
  readonly visit = (pixels: Uint8Array, index: number): void => {
    this.#pictures.set(index, brightnessOf(pixels))
  }

  /** The compared frames of a video with so many that are still to be visited. */
  missing(frameCount: number): number[] {
    const isExpected = Math.abs(this.#frameCount - frameCount) <= tolerance * frameCount
    if (!isExpected) this.#frameCount = frameCount
    return [...new Set(fingerprintIndices(this.#frameCount))].filter(
      (index) => index < frameCount && !this.#pictures.has(index),
    )
  }

  /** @returns hexadecimal digits as in `videoTraits`; undefined if more than one frame is flat or missing */
  text(): string | undefined {
    const pictures = fingerprintIndices(this.#frameCount).map((index) => this.#pictures.get(index))
    const seen = pictures.flatMap((picture) => (picture === undefined || isFlat(picture) ? [] : [picture]))
    if (seen.length < leastFrames) return undefined
    const mean = seen[0]?.map((_, at) => seen.reduce((sum, picture) => sum + (picture[at] ?? 0), 0) / seen.length)
    const hash = (bitAt: (picture: Float32Array, at: number) => boolean) =>
      pictures.map((picture) => (picture === undefined || isFlat(picture) ? '0'.repeat(16) : hexOf(picture, bitAt)))
    return [
      ...hash((picture, at) => (picture[at + 1] ?? 0) > (picture[at] ?? 0)),
      ...hash((picture, at) => middle(picture, at) - middle(mean ?? picture, at) > leastMotion),
    ].join('')
  }
}

/** Brightness between a pixel and its right neighbour. */
const middle = (picture: Float32Array, at: number): number => ((picture[at] ?? 0) + (picture[at + 1] ?? 0)) / 2

/** Rec. 601, as the brightness of most videos is stored. */
const brightnessOf = (pixels: Uint8Array): Float32Array =>
  Float32Array.from({ length: fingerprintSize.width * fingerprintSize.height }, (_, pixel) => {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(3 * pixel, 3 * pixel + 3)
    return 0.299 * red + 0.587 * green + 0.114 * blue
  })

const isFlat = (picture: Float32Array): boolean => Math.max(...picture) - Math.min(...picture) < leastContrast

/** A bit for each pixel but the last one of each row, as 16 hexadecimal digits. */
function hexOf(picture: Float32Array, bitAt: (picture: Float32Array, at: number) => boolean): string {
  const { width, height } = fingerprintSize
  let bits = 0n
  for (let y = 0; y < height; y++)
    for (let x = 0; x + 1 < width; x++) bits = (bits << 1n) | (bitAt(picture, y * width + x) ? 1n : 0n)
  return bits.toString(16).padStart(16, '0')
}
