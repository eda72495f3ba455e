import { expect, test } from 'vitest'
import { peakMemoryMib } from '#training/planning/peak.ts'

test('the peak is what the process has had at most, though it has given it back', () => {
  const before = peakMemoryMib()
  const sizeMib = Math.ceil(before - process.memoryUsage.rss() / 2 ** 20) + 64
  let held: Uint8Array | undefined = new Uint8Array(sizeMib * 2 ** 20).fill(1)
  expect(held.length).toBe(sizeMib * 2 ** 20)
  held = undefined
  const after = peakMemoryMib()
  expect(after - before).toBeGreaterThan(32)
  expect(after - before).toBeLessThan(sizeMib + 256)
  expect(peakMemoryMib()).toBeGreaterThanOrEqual(after)
})
