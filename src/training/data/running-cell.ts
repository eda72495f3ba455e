import { decodedTubes } from '#contract/configuration/counts.ts'
import type { TokenGrid } from './masks.ts'
import type { Draws } from './random.ts'

/** Patches of a 2 x 2 cell in the order in which the decoder's window moves through them, clockwise. */
const clockwise: readonly number[] = [0, 1, 3, 2]

/**
 * Which of the masked tokens the decoder predicts: running cell masking of VideoMAE V2 (Wang et al. 2023). In each cell of
 * 2 x 2 patches, a window of 1 - ratio of them moves on by one patch at each time; its first position is drawn. Batches need
 * the same count at every time, so if a window has more or fewer masked tokens, the ones nearest to it are dropped or added,
 * drawn at random. `masked` is that of a tube mask. Returns ascending token indices.
 */
export function runningCell(
  draws: Draws,
  masked: Int32Array,
  [time, rows, columns]: TokenGrid,
  ratio: number,
): Int32Array {
  if (ratio === 0) return masked
  const start = draws.integer(clockwise.length)
  const perTime = masked.length / time
  const kept = decodedTubes(ratio, perTime)
  return Int32Array.from(
    Array.from({ length: time }, (_, t) => {
      const ranked = Array.from(masked.subarray(t * perTime, (t + 1) * perTime), (token) => {
        const patch = token % (rows * columns)
        const corner = (Math.floor(patch / columns) % 2) * 2 + ((patch % columns) % 2)
        return {
          token,
          rank:
            ((clockwise.indexOf(corner) + clockwise.length - ((t + start) % clockwise.length)) % clockwise.length) +
            draws.uniform(),
        }
      })
      return ranked
        .toSorted((a, b) => a.rank - b.rank)
        .slice(0, kept)
        .map(({ token }) => token)
        .toSorted((a, b) => a - b)
    }).flat(),
  )
}
