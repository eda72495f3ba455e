import { maskedPatches, maskedTubes } from '#contract/configuration/counts.ts'
import type { Draws } from './random.ts'

/** A mask as two ascending lists of token indices; every token is in one of them. */
export interface Mask {
  readonly visible: Int32Array
  readonly masked: Int32Array
}

/** Tokens of a clip along time, rows and columns; a token's index is (t * rows + row) * columns + column. */
export type TokenGrid = readonly [time: number, rows: number, columns: number]

/** Tube mask (VideoMAE, MVD): the same floor(ratio * rows * columns) patches are masked at every time. */
export function tubeMask(draws: Draws, [time, rows, columns]: TokenGrid, ratio: number): Mask {
  const patches = rows * columns
  const { visible, masked } = split(draws, patches, maskedTubes(ratio, patches))
  return { visible: repeatOverTime(visible, time, patches), masked: repeatOverTime(masked, time, patches) }
}

/** Random mask (MAE): floor(tokens * (1 - ratio)) tokens stay visible. */
export function randomMask(draws: Draws, tokens: number, ratio: number): Mask {
  return split(draws, tokens, maskedPatches(ratio, tokens))
}

function split(draws: Draws, tokens: number, maskedCount: number): Mask {
  const order = draws.permutation(tokens)
  return { visible: order.subarray(maskedCount).toSorted(), masked: order.subarray(0, maskedCount).toSorted() }
}

function repeatOverTime(patches: Int32Array, time: number, patchesPerTime: number): Int32Array {
  return Int32Array.from({ length: time * patches.length }, (_, index) => {
    const t = Math.floor(index / patches.length)
    return t * patchesPerTime + (patches[index % patches.length] ?? 0)
  })
}
