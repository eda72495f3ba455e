import { fingerprintFrames } from '#contract/domain/integrity.ts'

const bands = 16
const bitsPerBand = 16
/** Of 32 bits: first those of what is seen, then as many of what moves. */
const words = (64 * fingerprintFrames) / 32
/**
 * Bits of 256 in which what is seen of two encodings of a video may differ. Less than twice the bands, so that at least one band differs
 * in one bit or none.
 */
const mostDifferentBits = 2 * bands - 8
/** Bits in which what moves may differ, and their share of all bits that are set in one of them: two clips of one scene differ in most. */
const mostDifferentMotion = 4
const motionTolerance = 0.3
/** Share by which the lengths of two encodings may differ, and milliseconds: the last frame may be missing. */
const lengthTolerance = 0.03
const lengthToleranceMs = 150

/** A video as it is compared. */
export interface ComparedVideo {
  readonly path: string
  readonly durationMs: number
  /** As in `videoTraits`. */
  readonly fingerprint: string
}

/** The end of a list of videos. */
const none = -1

/**
 * Finds videos that look like an earlier one. Candidates are those that share one of sixteen parts of the fingerprint but for one bit
 * (multi-index hashing, Norouzi et al. 2012), so that a search takes about the same time among many videos as among few.
 */
export class NearDuplicates {
  readonly #videos: { readonly path: string; readonly durationMs: number; readonly bits: Uint32Array }[] = []
  /** The last video with each value of a part, and of each video the one before it with the same value. */
  readonly #parts = Array.from({ length: bands }, () => ({
    last: new Int32Array(2 ** bitsPerBand).fill(none),
    before: [] as number[],
  }))
  /** In which search each video was looked at last. */
  readonly #lookedAt: number[] = []
  #searches = 0

  /**
   * The most similar of the videos that were added; undefined if none is similar.
   * @throws Error if the fingerprint is not one
   */
  find({ durationMs, fingerprint }: ComparedVideo): string | undefined {
    const bits = bitsOf(fingerprint)
    const search = ++this.#searches
    let best: { readonly path: string; readonly distance: number } | undefined
    for (const [band, { last, before }] of this.#parts.entries()) {
      const key = bandOf(bits, band)
      for (let bit = -1; bit < bitsPerBand; bit++) {
        const like = bit < 0 ? key : key ^ (1 << bit)
        for (let at = last[like] ?? none; at !== none; at = before[at] ?? none) {
          if (this.#lookedAt[at] === search) continue
          this.#lookedAt[at] = search
          const other = this.#videos[at]
          if (other === undefined || !isAsLong(durationMs, other.durationMs)) continue
          const distance = countBits(bits, other.bits, 0, different)
          if (distance > mostDifferentBits || distance >= (best?.distance ?? Infinity)) continue
          if (movesAlike(bits, other.bits)) best = { path: other.path, distance }
        }
      }
    }
    return best?.path
  }

  add({ path, durationMs, fingerprint }: ComparedVideo): void {
    const bits = bitsOf(fingerprint)
    const at = this.#videos.push({ path, durationMs, bits }) - 1
    this.#lookedAt.push(0)
    for (const [band, { last, before }] of this.#parts.entries()) {
      const key = bandOf(bits, band)
      before.push(last[key] ?? none)
      last[key] = at
    }
  }
}

const isAsLong = (a: number, b: number): boolean =>
  Math.abs(a - b) <= Math.max(lengthToleranceMs, lengthTolerance * Math.max(a, b))

function bitsOf(fingerprint: string): Uint32Array {
  const bits = Uint32Array.from({ length: 2 * words }, (_, word) =>
    Number.parseInt(fingerprint.slice(8 * word, 8 * word + 8), 16),
  )
  if (fingerprint.length !== 16 * words) throw new Error(`Not a fingerprint of a video: ${fingerprint}`)
  return bits
}

/** Every sixteenth bit: neighbours in a picture are often equal, and then their parts would be the same for many videos. */
function bandOf(bits: Uint32Array, band: number): number {
  let key = 0
  for (let bit = band; bit < 32 * words; bit += bands) key = (key << 1) | (((bits[bit >> 5] ?? 0) >>> (bit & 31)) & 1)
  return key
}

const different = (a: number, b: number): number => a ^ b
const either = (a: number, b: number): number => a | b

function movesAlike(a: Uint32Array, b: Uint32Array): boolean {
  const moving = countBits(a, b, words, either)
  return countBits(a, b, words, different) <= Math.max(mostDifferentMotion, motionTolerance * moving)
}

/** Bits that are set in half of two fingerprints, from the word `from` on, after they were combined. */
function countBits(a: Uint32Array, b: Uint32Array, from: number, combine: (a: number, b: number) => number): number {
  let count = 0
  for (let word = from; word < from + words; word++) count += bitsIn(combine(a[word] ?? 0, b[word] ?? 0))
  return count
}

/** Bits that are set in a word, by adding them in pairs, fours and bytes. */
function bitsIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}
