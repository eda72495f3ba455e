import { expect, test } from 'vitest'
import { formatAccuracy, formatLoss, formatRate } from '#main/shells/cli/format.ts'

test.each([
  [formatLoss(0.123456), '0.1235'],
  [formatLoss('NaN'), 'NaN'],
  [formatLoss(null), '–'],
  [formatAccuracy(0.625), '62.5 %'],
  [formatAccuracy(null), '–'],
  [formatRate(12.345), '12.3 clips/s'],
])('%s', (actual, expected) => {
  expect(actual).toBe(expected)
})
