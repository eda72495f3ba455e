import { expect, test } from 'vitest'
import { gatherHalf, toHalf } from '#training/targets/half.ts'

/** Numbers rounded to float16 and read back. */
function rounded(...numbers: number[]): number[] {
  const out = new Float32Array(numbers.length)
  gatherHalf(out, 0, toHalf(Float32Array.from(numbers))!, Int32Array.of(0), numbers.length)
  return [...out]
}

test('features are rounded to 11 bits, ties to even, down to 2⁻²⁴', () => {
  expect(rounded(1, -2.5, 2048, 2049, 2051, 65504, 65519)).toEqual([1, -2.5, 2048, 2048, 2052, 65504, 65504])
  expect(rounded(2 ** -14, 2 ** -24, 2 ** -25, -(2 ** -26))).toEqual([2 ** -14, 2 ** -24, 0, -0])
  expect(rounded(0.1)[0]! / 0.1 - 1).toBeLessThan(2 ** -11)
})

test('numbers that float16 cannot hold are refused instead of becoming infinite', () => {
  for (const number of [65520, -65520, 1e9, Number.POSITIVE_INFINITY, Number.NaN])
    expect(toHalf(Float32Array.of(1, number))).toBeUndefined()
})

test('rows are gathered in the order asked for', () => {
  const matrix = toHalf(Float32Array.of(0, 1, 10, 11, 20, 21))!
  const out = new Float32Array(6).fill(-1)
  gatherHalf(out, 1, matrix, Int32Array.of(2, 0), 2)
  expect([...out]).toEqual([-1, 20, 21, 0, 1, -1])
})
