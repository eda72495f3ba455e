import { describe, expect, test } from 'vitest'
import { philox } from '#training/data/philox.ts'
import { draws } from '#training/data/random.ts'

const many = (count: number, draw: () => number) => Array.from({ length: count }, draw)
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const variance = (values: number[]) => {
  const centre = mean(values)
  return mean(values.map((value) => (value - centre) ** 2))
}

describe('philox', () => {
  // Known answers published with Random123 (kat_vectors, philox4x32 10).
  test.each([
    { counter: [0, 0, 0, 0], key: [0, 0], answer: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
    {
      counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      key: [0xffffffff, 0xffffffff],
      answer: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    },
    {
      counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      key: [0xa4093822, 0x299f31d0],
      answer: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    },
  ])('gives the published answer for counter $counter', ({ counter, key, answer }) => {
    const out = new Uint32Array(4)
    philox(Uint32Array.from(counter), Uint32Array.from(key), out)
    expect([...out]).toEqual(answer)
  })
})

describe('draws', () => {
  test('repeats a stream whatever else was drawn', () => {
    const alone = many(20, draws(7, 'mask', 3, 5).uniform)
    const other = draws(7, 'mask', 3, 6)
    const again = draws(7, 'mask', 3, 5)
    expect(many(20, () => (other.normal(), again.uniform()))).toEqual(alone)
  })

  test('separates streams by seed, purpose, keys, their order and their number', () => {
    const firsts = [
      draws(7, 'mask', 1, 2),
      draws(8, 'mask', 1, 2),
      draws(7, 'crop', 1, 2),
      draws(7, 'mask', 2, 1),
      draws(7, 'mask', 1),
      draws(7, 'mask', 1, 2, 0),
      draws(7, 'mask'),
      draws(-7, 'mask', 1, 2),
      draws(7 + 2 ** 32, 'mask', 1, 2),
      draws(7, 'mask1', 2),
    ].map((stream) => stream.uniform())
    expect(new Set(firsts).size).toBe(firsts.length)
  })

  test('never changes its numbers, so that runs repeat across versions', () => {
    const stream = draws(42, 'example', 1)
    expect([stream.uniform(), stream.integer(1000), stream.normal(), stream.beta(0.8, 0.8), ...stream.permutation(5)])
      .toMatchInlineSnapshot(`
      [
        0.17173365966142273,
        640,
        1.285056518820417,
        0.5205698410463994,
        2,
        1,
        0,
        4,
        3,
      ]
    `)
  })

  test('uniform covers [0, 1) evenly', () => {
    const values = many(20_000, draws(1, 'uniform').uniform)
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...values)).toBeLessThan(1)
    expect(mean(values)).toBeCloseTo(0.5, 2)
    expect(variance(values)).toBeCloseTo(1 / 12, 2)
  })

  test('integer hits every value about equally often', () => {
    const stream = draws(1, 'integer')
    const counts = many(7, () => 0)
    for (let index = 0; index < 21_000; index++) counts[stream.integer(7)]! += 1
    for (const count of counts) expect(Math.abs(count - 3000)).toBeLessThan(250)
  })

  test.each([0, 1.5, -1, Number.NaN, 2 ** 33])('integer refuses n = %s', (n) => {
    expect(() => draws(1, 'integer').integer(n)).toThrow(RangeError)
  })

  test('normal has mean 0 and variance 1', () => {
    const values = many(20_000, draws(1, 'normal').normal)
    expect(Math.abs(mean(values))).toBeLessThan(0.03)
    expect(Math.abs(variance(values) - 1)).toBeLessThan(0.04)
  })

  test.each([
    [0.8, 0.8],
    [1, 1],
    [2, 5],
    [0.05, 0.05],
  ])('beta(%s, %s) has its mean and variance', (a, b) => {
    const stream = draws(1, 'beta')
    const values = many(20_000, () => stream.beta(a, b))
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true)
    expect(Math.abs(mean(values) - a / (a + b))).toBeLessThan(0.015)
    expect(Math.abs(variance(values) - (a * b) / ((a + b) ** 2 * (a + b + 1)))).toBeLessThan(0.01)
  })

  test('beta is a number for the smallest parameters', () => {
    const stream = draws(1, 'beta')
    expect(many(200, () => stream.beta(1e-3, 1e-3)).every((value) => value >= 0 && value <= 1)).toBe(true)
  })

  test('permutation contains every number once, in random order', () => {
    const order = draws(1, 'order').permutation(100)
    expect([...order].toSorted((a, b) => a - b)).toEqual(
      many(
        100,
        (
          (next) => () =>
            next++
        )(0),
      ),
    )
    expect([...order]).not.toEqual([...draws(2, 'order').permutation(100)])
  })
})
