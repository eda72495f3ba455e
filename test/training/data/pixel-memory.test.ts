import { expect, test } from 'vitest'
import { PixelMemory } from '#training/data/pixel-memory.ts'

test('arrays of the same kind and length are used again, once each', () => {
  const memory = new PixelMemory()
  const [floats, bytes] = [memory.take(6), memory.takeBytes(6)]
  memory.release(floats, bytes)
  expect(memory.take(5)).not.toBe(floats)
  expect(memory.takeBytes(6)).toBe(bytes)
  expect(memory.takeBytes(6)).not.toBe(bytes)
  expect(memory.take(6)).toBe(floats)
})

test('no more arrays are kept than it may', () => {
  const memory = new PixelMemory(1)
  const [one, other] = [memory.takeBytes(2), memory.takeBytes(2)]
  memory.release(one, other)
  expect(memory.takeBytes(2)).toBe(one)
  expect(memory.takeBytes(2)).not.toBe(other)
})
