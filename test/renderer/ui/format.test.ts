import { describe, expect, test } from 'vitest'
import { formatAgo, formatCount, formatEpoch, formatNumber, formatUnit } from '#renderer/ui/format.ts'

describe('text of numbers', () => {
  test.each([
    [9_999, '9999'],
    [12_345, '12.3 k'],
    [1_234_567, '1.23 M'],
    [86_000_000, '86.0 M'],
    [2_500_000_000, '2.50 G'],
  ])('count %d', (count, text) => expect(formatCount(count)).toBe(text))

  test.each([
    [0, '0'],
    [0.123_456, '0.1235'],
    [12.5, '12.5'],
    [0.000_05, '5.00e-5'],
    [1_234_567, '1.23e+6'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, '∞'],
    [Number.NEGATIVE_INFINITY, '−∞'],
  ])('number %d', (value, text) => expect(formatNumber(value)).toBe(text))

  test.each([
    [3, '3'],
    [3.256, '3.26'],
  ])('epoch %d', (epoch, text) => expect(formatEpoch(epoch)).toBe(text))

  test.each([
    ['epochs', 2, 'epochs'],
    ['epochs', 1, 'epoch'],
    ['px', 1, 'px'],
    ['batches', 1, 'batch'],
    ['batches', 2, 'batches'],
    ['per 256 samples', 1, 'per 256 samples'],
  ])('unit %s of %d', (unit, value, text) => expect(formatUnit(unit, value)).toBe(text))

  test.each([
    [20_000, 'just now'],
    [5 * 60_000, '5 min ago'],
    [3 * 3_600_000, '3 h ago'],
    [50 * 3_600_000, '2 d ago'],
  ])('%d ms ago', (elapsedMs, text) => {
    const now = Date.parse('2026-11-23T10:00:00Z')
    expect(formatAgo(new Date(now - elapsedMs).toISOString(), now)).toBe(text)
  })
})
