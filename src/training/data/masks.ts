import { maskedPatches, maskedTubes } from '#contract/configuration/counts.ts'
import type { Draws } from './random.ts'

/** A mask as two ascending lists of token indices that together hold every token once. */
export interface Mask {
  readonly visible: Int32Array
  readonly masked: Int32Array
}

/** Tokens of a clip along time, rows and columns; a token's index is (t * rows + row) * columns + column. */
export type TokenGrid = readonly [time: number, rows: number, columns: number]

/** Tube mask (VideoMAE, MVD): the same floor(ratio * rows * columns) places are masked in every slice of time. */
export function tubeMask(draws: Draws, [time, rows, columns]: TokenGrid, ratio: number): Mask {
  const places = rows * columns
  const { visible, masked } = split(draws, places, maskedTubes(ratio, places))
  return { visible: overTime(visible, time, places), masked: overTime(masked, time, places) }
}

/** Random mask (MAE): floor(tokens * (1 - ratio)) tokens stay visible. */
export function randomMask(draws: Draws, tokens: number, ratio: number): Mask {
  return split(draws, tokens, maskedPatches(ratio, tokens))
}

function split(draws: Draws, tokens: number, maskedCount: number): Mask {
  const order = draws.permutation(tokens)
  return { visible: order.subarray(maskedCount).toSorted(), masked: order.subarray(0, maskedCount).toSorted() }
}

function overTime(places: Int32Array, time: number, placesPerSlice: number): Int32Array {
  return Int32Array.from({ length: time * places.length }, (_, index) => {
    const slice = Math.floor(index / places.length)
    return slice * placesPerSlice + (places[index % places.length] ?? 0)
  })
}
