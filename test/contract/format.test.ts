import { describe, expect, test } from 'vitest'
import { formatBytes, formatDuration, formatQuantity, formatShare, formatStepDuration } from '#contract/format.ts'

describe('text of quantities', () => {
  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [104_857_600, '100 MiB'],
    [3 * 2 ** 30, '3.0 GiB'],
    [5 * 2 ** 50, '5120 TiB'],
  ])('%d bytes', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

  test.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1000, '1.0 s'],
    [9_949, '9.9 s'],
    [10_000, '10 s'],
    [59_600, '1 min 0 s'],
    [83_000, '1 min 23 s'],
    [3_600_000, '1 h 0 min'],
    [5_430_000, '1 h 31 min'],
    [90_000_000, '1 d 1 h'],
  ])('%d ms', (durationMs, text) => expect(formatDuration(durationMs)).toBe(text))

  test.each([
    [0.0001, '1 ms'],
    [0.152, '152 ms'],
    [1.34, '1.3 s'],
  ])('a step of %d s', (seconds, text) => expect(formatStepDuration(seconds)).toBe(text))

  test.each([
    [0, '0 classes'],
    [1, '1 class'],
    [2, '2 classes'],
  ])('%d classes', (count, text) => expect(formatQuantity(count, 'class', 'classes')).toBe(text))

  test('a share', () => expect(formatShare(0.416_66)).toBe('41.7 %'))
})
