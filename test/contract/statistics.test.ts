import { describe, expect, it } from 'vitest'
import {
  intervalOf,
  pairedShares,
  pairedTest,
  standardErrorOf,
  studentMass,
  studentQuantile,
} from '#contract/statistics.ts'

describe("Student's t distribution", () => {
  it.each([
    // Closed forms: one degree of freedom is the Cauchy distribution, two are algebraic.
    [1, 1, 0.5],
    [12.706204736174698, 1, 0.95],
    [4.3026527297494255, 2, 0.95],
    [2.7764451051977934, 4, 0.95],
    [2.262157162798205, 9, 0.95],
    [1.9842169515864174, 99, 0.95],
    [1.9623414611334493, 999, 0.95],
  ])('|T| ≤ %d has with %d degrees of freedom the probability %d', (t, freedom, mass) => {
    expect(studentMass(t, freedom)).toBeCloseTo(mass, 11)
    expect(studentQuantile(mass, freedom)).toBeCloseTo(t, 9)
  })
})

describe('intervals of a mean', () => {
  it('have the width of t times the standard error', () => {
    const values = [60.1, 61.4, 59.8, 60.9, 61.2]
    expect(standardErrorOf(values)).toBeCloseTo(0.3120897307, 7)
    expect(intervalOf(values)).toBeCloseTo(0.3120897307 * 2.7764451, 6)
  })

  it('cannot be computed from one value', () => {
    expect(standardErrorOf([60])).toBeNaN()
    expect(intervalOf([60])).toBeNaN()
  })
})

describe('paired test', () => {
  it('gives the difference, its interval and the probability', () => {
    const test = pairedTest([1, 2, 3, 4], [2, 4, 4, 6])
    // Differences 1, 2, 1, 2: mean 1.5, standard error 1/√12, t = 1.5 √12.
    expect(test).toMatchObject({ pairs: 4, difference: 1.5 })
    expect(test?.interval).toBeCloseTo(3.182446305284263 / Math.sqrt(12), 9)
    expect(test?.p).toBeCloseTo(1 - studentMass(1.5 * Math.sqrt(12), 3), 12)
  })

  it('needs two pairs of finite numbers', () => {
    expect(pairedTest([1], [2])).toBeUndefined()
    expect(pairedTest([1, Number.NaN], [2, 3])).toBeUndefined()
  })

  it('is certain of equal differences', () => {
    expect(pairedTest([1, 2], [2, 3])?.p).toBe(0)
    expect(pairedTest([1, 2], [1, 2])?.p).toBe(1)
  })
})

describe('difference of two shares over the same trials', () => {
  it('has the interval of Agresti and Min', () => {
    // Their example of 2005 (Table I): 1144 voters, of whom 150 changed one way and 86 the other.
    const gain = pairedShares(150, 86, 1144)!
    expect(gain.difference).toBeCloseTo(-64 / 1144, 12)
    expect(gain.low).toBeCloseTo(-64 / 1146 - 1.959964 * Math.sqrt((237 / 1146 - (64 / 1146) ** 2) / 1146), 7)
    expect(gain.high).toBeCloseTo(-64 / 1146 + 1.959964 * Math.sqrt((237 / 1146 - (64 / 1146) ** 2) / 1146), 7)
  })

  it('has a width without differences, and needs trials', () => {
    const none = pairedShares(0, 0, 100)!
    expect(none.difference).toBe(0)
    expect(none.low).toBeCloseTo(-none.high, 12)
    expect(none.high).toBeGreaterThan(0.01)
    expect(pairedShares(0, 0, 0)).toBeUndefined()
    expect(pairedShares(0, 2, 2)!.high).toBeLessThanOrEqual(1)
  })
})
