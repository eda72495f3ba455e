import { expect, test } from 'vitest'
import { formatBytes, formatDuration, formatLoss, formatRate, formatShare } from '#main/shells/cli/format.ts'

test.each([
  [formatDuration(0), '0 ms'],
  [formatDuration(850), '850 ms'],
  [formatDuration(59_400), '59 s'],
  [formatDuration(59_600), '1 min 00 s'],
  [formatDuration(185_000), '3 min 05 s'],
  [formatDuration(7_620_000), '2 h 07 min'],
  [formatLoss(0.123456), '0.1235'],
  [formatLoss('NaN'), 'NaN'],
  [formatLoss(null), '–'],
  [formatShare(0.625), '62.5 %'],
  [formatShare(null), '–'],
  [formatRate(12.345), '12.3 clips/s'],
  [formatBytes(0), '0 B'],
  [formatBytes(812), '812 B'],
  [formatBytes(1_500_000), '1.4 MiB'],
])('%s', (actual, expected) => {
  expect(actual).toBe(expected)
})
