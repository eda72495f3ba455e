import { expect, test } from 'vitest'
import { nearestFraction } from '#training/video/container/fraction.ts'

test.each([
  [[10, 4], 100, 5 / 2],
  [[1e9, 41_666_666], 30_000, 24],
  [[1e9, 33_366_667], 30_000, 30_000 / 1001],
  // The best fractions of pi with small terms.
  [[314_159_265, 1e8], 10, 3],
  [[314_159_265, 1e8], 22, 22 / 7],
  [[314_159_265, 1e8], 400, 355 / 113],
  // Between the convergents 3 and 22/7.
  [[314_159_265, 1e8], 20, 19 / 6],
  [[1, 1000], 100, 0],
] as const)('the fraction nearest to %j with terms up to %i is %f', ([top, bottom], most, nearest) => {
  expect(nearestFraction({ top, bottom }, most)).toBe(nearest)
})

test('no fraction with small terms is nearer', () => {
  for (let top = 1; top < 60; top += 1)
    for (let bottom = 1; bottom < 60; bottom += 7) {
      const found = nearestFraction({ top, bottom }, 12)
      const distances = Array.from({ length: 13 * 12 }, (_, at) =>
        Math.abs((at % 13) / (1 + Math.floor(at / 13)) - top / bottom),
      )
      expect({ top, bottom, distance: Math.abs(found - top / bottom) }).toEqual({
        top,
        bottom,
        distance: expect.closeTo(top / bottom > 12 ? Math.abs(found - top / bottom) : Math.min(...distances), 12),
      })
    }
})
