import { decodedTubes } from '#contract/configuration/counts.ts'
import type { TokenGrid } from './masks.ts'
import type { Draws } from './random.ts'

/** Places of a cell of 2 x 2 in the order in which the decoder's window runs through them, clockwise. */
const turn: readonly number[] = [0, 1, 3, 2]

/**
 * Which of the hidden tokens the decoder predicts (VideoMAE V2, Wang et al. 2023, dual masking): in each cell of 2 x 2 places a
 * window of 1 - ratio of them, which moves on by one place from one slice of time to the next and begins at random. Every
 * slice gives the same count, as batches need: where a window holds more or fewer hidden tokens, places next to it give way
 * or fill up, drawn at random. `masked` is that of a tube mask; the tokens returned ascend.
 */
export function runningCell(
  draws: Draws,
  masked: Int32Array,
  [time, rows, columns]: TokenGrid,
  ratio: number,
): Int32Array {
  if (ratio === 0) return masked
  const start = draws.integer(turn.length)
  const perSlice = masked.length / time
  const kept = decodedTubes(ratio, perSlice)
  return Int32Array.from(
    Array.from({ length: time }, (_, slice) => {
      const ranked = Array.from(masked.subarray(slice * perSlice, (slice + 1) * perSlice), (token) => {
        const place = token % (rows * columns)
        const corner = (Math.floor(place / columns) % 2) * 2 + ((place % columns) % 2)
        return {
          token,
          rank:
            ((turn.indexOf(corner) + turn.length - ((slice + start) % turn.length)) % turn.length) + draws.uniform(),
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
