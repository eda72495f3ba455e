import { distance } from './ledger.ts'

/** Share of a bias's gradient up to which its key component is rounding noise. */
const noise = 1e-4

/**
 * Whether a joint bias [3D] of queries, keys and values has been recorded with a key component that is only noise. The softmax
 * cancels a key bias, so its gradient is zero; the recorded values are rounding noise, which AdamW scales up.
 */
export function hasKeyNoise(name: string, gradient: ArrayLike<number> | undefined): boolean {
  if (!name.endsWith('.qkv.bias') || gradient === undefined) return false
  const { queryAndValue, key } = parts(gradient)
  return normOf(key) <= noise * normOf(queryAndValue)
}

/** The relative error of a joint bias without its key component. */
export const distanceWithoutKeys = (ours: ArrayLike<number>, theirs: ArrayLike<number>): number =>
  distance(parts(ours).queryAndValue, parts(theirs).queryAndValue)

function parts(bias: ArrayLike<number>): { queryAndValue: number[]; key: number[] } {
  const values = Array.from(bias)
  const width = values.length / 3
  return { queryAndValue: [...values.slice(0, width), ...values.slice(2 * width)], key: values.slice(width, 2 * width) }
}

const normOf = (values: readonly number[]): number =>
  distance(
    values,
    values.map(() => 0),
  )
