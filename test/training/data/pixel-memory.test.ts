import { expect, test } from 'vitest'
import { PixelMemory } from '#training/data/pixel-memory.ts'

test('released memory is taken again, each array once and only for its length', () => {
  const memory = new PixelMemory()
  const [first, second] = [memory.take(4), memory.take(4)]
  expect(second).not.toBe(first)
  // A clip that serves two purposes is released twice.
  memory.release(first, first)
  expect(memory.take(3)).toHaveLength(3)
  expect(memory.take(4)).toBe(first)
  expect(memory.take(4)).not.toBe(first)
})
