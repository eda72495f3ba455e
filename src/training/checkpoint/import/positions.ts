import { layoutFacts, type ModelDescription } from '#contract/domain/model.ts'
import { imagePositions, spaceTimePositions } from '../../model/positions.ts'

/** Clip for which a position table was computed, and whether it was learned instead. */
export interface TableFacts {
  readonly hasLearnedPositions: boolean
  readonly imageSize: number | null
  readonly frames: number | null
}

/** Rounding error of half precision, in which tables may have been stored. */
const tolerance = 2e-3

/** Compares the position table `pos_embed` [1, tokens, D] of a file with those of its family, and infers the clip from the grid that matches. */
export function tableFacts(
  { layout, sizes }: Pick<ModelDescription, 'layout' | 'sizes'>,
  table: ArrayLike<number>,
): TableFacts {
  const { width, patchSize, tubeletSize, imageSize, frames } = sizes
  const tokens = sizes.tokens ?? 0
  if (layoutFacts[layout].sees === 'images') {
    const side = Math.sqrt(tokens)
    const isComputed = Number.isInteger(side) && isSame(imagePositions(width, side), table)
    return { hasLearnedPositions: !isComputed, imageSize, frames }
  }
  const grid = gridsOf(tokens).find(({ time, side }) => isSame(spaceTimePositions(width, [time, side, side]), table))
  return grid === undefined
    ? { hasLearnedPositions: true, imageSize, frames }
    : { hasLearnedPositions: false, imageSize: grid.side * patchSize, frames: grid.time * tubeletSize }
}

/** Every grid of square frames with that many tokens. */
function gridsOf(tokens: number): { time: number; side: number }[] {
  const sides = Array.from({ length: Math.floor(Math.sqrt(tokens)) }, (_, index) => index + 1)
  return sides.filter((side) => tokens % (side * side) === 0).map((side) => ({ time: tokens / (side * side), side }))
}

function isSame(computed: Float32Array, table: ArrayLike<number>): boolean {
  return (
    computed.length === table.length &&
    computed.every((value, index) => Math.abs(value - (table[index] ?? Number.NaN)) <= tolerance)
  )
}
