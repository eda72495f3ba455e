/// <reference lib="esnext.float16" />
import type { HalfType } from './graph.ts'

interface HalfFormat {
  /** Smallest normal and largest number. */
  readonly smallestNormal: number
  readonly largest: number
  /** The bits of the nearest numbers, ties to even; infinite beyond the largest. */
  readonly bitsOf: (numbers: ArrayLike<number>) => Uint16Array
  /** The nearest numbers, as float32. */
  readonly round: (numbers: ArrayLike<number>) => Float32Array
}

/** float16: 5 bits of exponent and 10 of fraction. bfloat16: the upper half of a float32, 8 bits of exponent and 7 of fraction. */
export const halfFormats: Readonly<Record<HalfType, HalfFormat>> = {
  float16: {
    smallestNormal: 2 ** -14,
    largest: 65504,
    bitsOf: (numbers) => new Uint16Array(Float16Array.from(numbers).buffer),
    round: (numbers) => Float32Array.from(Float16Array.from(numbers)),
  },
  bfloat16: {
    smallestNormal: 2 ** -126,
    largest: (2 - 2 ** -7) * 2 ** 127,
    bitsOf: (numbers) => Uint16Array.from(new Uint32Array(Float32Array.from(numbers).buffer), upperHalf),
    round: (numbers) => {
      const bits = new Uint32Array(Float32Array.from(numbers).buffer)
      return new Float32Array(bits.map((float) => upperHalf(float) << 16).buffer)
    },
  },
}

/** The bits of the bfloat16 nearest to a float32, given by its bits. */
function upperHalf(bits: number): number {
  const isNaN = (bits & 0x7fffffff) >>> 0 > 0x7f800000
  return isNaN ? 0x7fc0 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
}

/** Whether the nearest number differs by at most 2⁻¹¹ of a constant, as far as any normal float16 number does. */
export function isExactEnough(constant: number | undefined, type: HalfType): boolean {
  if (constant === undefined) return false
  const { smallestNormal, largest, round } = halfFormats[type]
  const size = Math.abs(constant)
  return (
    size >= smallestNormal && size <= largest && Math.abs((round([constant])[0] ?? 0) - constant) <= size * 2 ** -11
  )
}
