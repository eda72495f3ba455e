import { expect, test } from 'vitest'
import { formatLoss, formatRate, formatShare } from '#main/shells/cli/format.ts'

test.each([
  [formatLoss(0.123456), '0.1235'],
  [formatLoss('NaN'), 'NaN'],
  [formatLoss(null), '–'],
  [formatShare(0.625), '62.5 %'],
  [formatShare(null), '–'],
  [formatRate(12.345), '12.3 clips/s'],
])('%s', (actual, expected) => {
  expect(actual).toBe(expected)
})
