import { philox } from './philox.ts'

/** A stream of random numbers. Streams with the same key give the same numbers, independent of other draws. */
export interface Draws {
  /** Uniform in [0, 1), with 53 random bits. */
  uniform(): number
  /** Uniform among 0..n-1, without bias. `n` is between 1 and 2^32. */
  integer(n: number): number
  /** Standard normal (Box and Muller). */
  normal(): number
  /** The integers 0..n-1 in random order (Fisher and Yates). */
  permutation(n: number): Int32Array
  /** Beta(a, b) from two gamma variates; computed in logarithms, so stable for small parameters. */
  beta(a: number, b: number): number
}

const twoTo32 = 0x1_0000_0000

/**
 * Opens the stream of (seed, purpose, keys), for example `draws(seed, 'mask', step, sample)`. Seed and keys are
 * integers. The generator mixes each into its key, so that streams do not overlap.
 */
export function draws(seed: number, purpose: string, ...keys: number[]): Draws {
  const key = deriveKey([seed, ...Buffer.from(purpose, 'utf8'), -1, ...keys])
  const counter = new Uint32Array(4)
  const block = new Uint32Array(4)
  let used = 4
  let spareNormal: number | undefined

  const word = (): number => {
    if (used === 4) {
      philox(counter, key, block)
      increment(counter)
      used = 0
    }
    return block[used++] ?? 0
  }

  const uniform = (): number => {
    const high = word() >>> 5
    return (high * 0x400_0000 + (word() >>> 6)) / 0x20_0000_0000_0000
  }

  const integer = (n: number): number => {
    if (!Number.isInteger(n) || n < 1 || n > twoTo32) throw new RangeError(`integer(n) needs 1 <= n <= 2^32, not ${n}`)
    const limit = twoTo32 - (twoTo32 % n)
    for (;;) {
      const value = word()
      if (value < limit) return value % n
    }
  }

  const normal = (): number => {
    if (spareNormal !== undefined) {
      const value = spareNormal
      spareNormal = undefined
      return value
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()))
    const angle = 2 * Math.PI * uniform()
    spareNormal = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }

  /** Logarithm of a Gamma(shape, 1) variate (Marsaglia and Tsang; shapes below 1 by their boost). */
  const logGamma = (shape: number): number => {
    if (shape < 1) return logGamma(shape + 1) + Math.log(1 - uniform()) / shape
    const d = shape - 1 / 3
    const c = 1 / Math.sqrt(9 * d)
    for (;;) {
      const x = normal()
      const v = (1 + c * x) ** 3
      if (v > 0 && Math.log(1 - uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return Math.log(d * v)
    }
  }

  return {
    uniform,
    integer,
    normal,
    permutation(n) {
      const order = Int32Array.from({ length: n }, (_, index) => index)
      for (let last = n - 1; last > 0; last--) {
        const other = integer(last + 1)
        const value = order[last] ?? 0
        order[last] = order[other] ?? 0
        order[other] = value
      }
      return order
    },
    beta(a, b) {
      if (!(a > 0 && b > 0)) throw new RangeError(`beta(a, b) needs positive parameters, not ${a} and ${b}`)
      const x = logGamma(a)
      return 1 / (1 + Math.exp(logGamma(b) - x))
    },
  }
}

/** Uniform between two numbers. */
export const between = (draws: Draws, [low, high]: readonly [number, number]): number =>
  low + (high - low) * draws.uniform()

/** Mixes integers into a 64-bit key. The position is part of each block, so that order and number of values matter. */
function deriveKey(values: number[]): Uint32Array {
  const key = new Uint32Array(2)
  const counter = new Uint32Array(4)
  const out = new Uint32Array(4)
  values.forEach((value, position) => {
    if (!Number.isSafeInteger(value)) throw new RangeError(`a random stream is keyed by integers, not ${value}`)
    counter.set([value >>> 0, Math.floor(value / twoTo32) >>> 0, position, 0x6b657973])
    philox(counter, key, out)
    key.set(out.subarray(0, 2))
  })
  return key
}

function increment(counter: Uint32Array): void {
  counter[0] = (counter[0] ?? 0) + 1
  if (counter[0] === 0) counter[1] = (counter[1] ?? 0) + 1
}
