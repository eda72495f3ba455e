import type { Tensor } from '../tensor/tf.ts'

/**
 * Drop probability of each row of a drop-path input for stacks of the given depths (Huang et al. 2016): in each stack, in
 * MVD's decoders as well, the rate rises from 0 to `rate`, and each block has two rows, attention and MLP.
 */
export function dropPathRates(rate: number, depths: readonly number[]): number[] {
  return depths.flatMap((depth) =>
    Array.from({ length: 2 * depth }, (_, row) => (depth === 1 ? 0 : (rate * Math.floor(row / 2)) / (depth - 1))),
  )
}

/** Splits a drop-path input [rows, B] into the rows of each stack. */
export function splitDropPath(dropPath: Tensor | undefined, depths: readonly number[]): (Tensor | undefined)[] {
  let first = 0
  return depths.map((depth) => {
    const rows = dropPath?.slice([first, 0], [2 * depth, dropPath.shape[1] ?? 0])
    first += 2 * depth
    return rows
  })
}
