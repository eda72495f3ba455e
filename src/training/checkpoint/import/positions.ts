import { layoutFacts, type ModelDescription, type ModelFamily } from '#contract/domain/model.ts'
import { layouts } from '../../model/layouts.ts'
import { flatPositions, imagePositions, spaceTimePositions } from '../../model/positions.ts'
import type { Dtype } from '../formats/dtypes.ts'

/** What a position table says about its model. */
export interface TableFacts {
  readonly hasLearnedPositions: boolean
  /** Clip for which a computed table was made; what is already known, if the table does not say. */
  readonly imageSize: number | null
  readonly frames: number | null
  /** Whose computed table it is, for a layout that several families share. */
  readonly family: ModelFamily | undefined
}

/**
 * Largest difference between a computed table and its copy in a file. A layout that stores its table keeps the copy, which may have been
 * in half precision; others recompute it, so that only rounding to the type of the file is allowed.
 */
const storedTolerance = 2e-3
const tolerances: Partial<Record<Dtype, number>> = { F16: 1e-3, BF16: 4e-3 }
const defaultTolerance = 1e-4

/** Compares the position table `pos_embed` [1, tokens, D] of a file with those of its family, and infers the clip from the grid that matches. */
export function tableFacts(
  { layout, sizes }: Pick<ModelDescription, 'layout' | 'sizes'>,
  table: ArrayLike<number>,
  dtype: Dtype = 'F32',
): TableFacts {
  const { width, patchSize, tubeletSize, imageSize, frames } = sizes
  const tokens = sizes.tokens ?? 0
  const tolerance = layouts[layout].storesPositions ? storedTolerance : (tolerances[dtype] ?? defaultTolerance)
  const isSame = (computed: Float32Array) => areSame(computed, table, tolerance)
  if (layoutFacts[layout].sees === 'images') {
    const side = Math.sqrt(tokens)
    const isComputed = Number.isInteger(side) && isSame(imagePositions(width, side))
    return { hasLearnedPositions: !isComputed, imageSize, frames, family: undefined }
  }
  if (layout !== 'mvd-student' && isSame(flatPositions(width, tokens)))
    return { hasLearnedPositions: false, imageSize, frames, family: 'videomae' }
  const grid =
    layout === 'videomae' || width % 16 !== 0
      ? undefined
      : gridsOf(tokens).find(({ time, side }) => isSame(spaceTimePositions(width, [time, side, side])))
  return grid === undefined
    ? { hasLearnedPositions: true, imageSize, frames, family: undefined }
    : { hasLearnedPositions: false, imageSize: grid.side * patchSize, frames: grid.time * tubeletSize, family: 'mvd' }
}

/** Every grid of square frames with that many tokens. */
function gridsOf(tokens: number): { time: number; side: number }[] {
  const sides = Array.from({ length: Math.floor(Math.sqrt(tokens)) }, (_, index) => index + 1)
  return sides.filter((side) => tokens % (side * side) === 0).map((side) => ({ time: tokens / (side * side), side }))
}

function areSame(computed: Float32Array, table: ArrayLike<number>, tolerance: number): boolean {
  return (
    computed.length === table.length &&
    computed.every((value, index) => Math.abs(value - (table[index] ?? Number.NaN)) <= tolerance)
  )
}
