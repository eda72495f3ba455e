import { describe, expect, test } from 'vitest'
import { randomMask, tubeMask, type Mask } from '#training/data/masks.ts'
import { draws } from '#training/data/random.ts'

const isAscending = (indices: Int32Array) => indices.every((value, k) => k === 0 || value > indices[k - 1]!)
const union = (mask: Mask) => [...mask.visible, ...mask.masked].toSorted((a, b) => a - b)

describe('tubeMask', () => {
  // Counts of the published generator on a grid of 8 x 14 x 14.
  test.each([
    [0.5, 784],
    [0.75, 392],
    [0.8, 320],
    [0.85, 240],
    [0.9, 160],
    [0.95, 80],
  ])('at ratio %s leaves %s of 1568 tokens visible', (ratio, visible) => {
    const mask = tubeMask(draws(1, 'mask'), [8, 14, 14], ratio)
    expect(mask.visible.length).toBe(visible)
    expect(union(mask)).toEqual(Array.from({ length: 1568 }, (_, index) => index))
    expect(isAscending(mask.visible) && isAscending(mask.masked)).toBe(true)
  })

  test('masks the same patches at every time', () => {
    const mask = tubeMask(draws(1, 'mask'), [3, 2, 4], 0.5)
    const slice = (t: number) =>
      [...mask.masked].filter((index) => Math.floor(index / 8) === t).map((index) => index % 8)
    expect(slice(0)).toHaveLength(4)
    expect(slice(1)).toEqual(slice(0))
    expect(slice(2)).toEqual(slice(0))
  })

  test('repeats with its key and changes with it', () => {
    const [first, again, other] = [2, 2, 3].map((sample) => [
      ...tubeMask(draws(1, 'mask', 4, sample), [8, 14, 14], 0.9).visible,
    ])
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
  })
})

describe('randomMask', () => {
  test.each([
    [196, 0.75, 49],
    [196, 0.9, 19],
    [1568, 0.9, 156],
    [64, 0.5, 32],
  ])('of %s tokens at ratio %s keeps %s', (tokens, ratio, visible) => {
    const mask = randomMask(draws(1, 'mask'), tokens, ratio)
    expect(mask.visible.length).toBe(visible)
    expect(union(mask)).toEqual(Array.from({ length: tokens }, (_, index) => index))
    expect(isAscending(mask.visible) && isAscending(mask.masked)).toBe(true)
  })

  test('masks every token about equally often', () => {
    const hidden = new Int32Array(16)
    for (let sample = 0; sample < 2000; sample++)
      for (const index of randomMask(draws(1, 'mask', sample), 16, 0.75).masked) hidden[index]! += 1
    for (const count of hidden) expect(Math.abs(count - 1500)).toBeLessThan(100)
  })
})
