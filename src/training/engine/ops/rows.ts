import type { Tensor, Tensor2D } from '../../tensor/tf.ts'

/** Flattens all but the last axis: [.., D] -> [R, D]. */
export function toRows(x: Tensor): Tensor2D {
  const width = widthOf(x)
  return x.reshape([width === 0 ? 0 : x.size / width, width])
}

/** Restores the leading axes of `x`: [R, E] -> [.., E]. */
export const fromRows = (rows: Tensor, x: Tensor): Tensor => rows.reshape([...x.shape.slice(0, -1), widthOf(rows)])

function widthOf(x: Tensor): number {
  const width = x.shape.at(-1)
  if (width === undefined) throw new Error('A scalar has no last axis.')
  return width
}
