import { expect, test } from 'vitest'
import { BitReader } from '#training/video/container/bits.ts'

test('numbers of any number of bits are read from the highest bit on', () => {
  const bits = new BitReader(Uint8Array.of(0b1010_0110, 0xff, 0, 0x12, 0x34, 0x56))
  expect([bits.read(3), bits.read(1), bits.flag(), bits.read(7)]).toEqual([0b101, 0, false, 0b1101111])
  expect([bits.read(4), bits.read(32)]).toEqual([0b1111, 0x00123456])
  expect(bits.isPastEnd).toBe(false)
})

test('bits behind the end are 0, and the reader says so', () => {
  const bits = new BitReader(Uint8Array.of(0xff))
  expect(bits.read(8)).toBe(255)
  expect(bits.isPastEnd).toBe(false)
  expect(bits.read(4)).toBe(0)
  expect(bits.isPastEnd).toBe(true)
  expect(bits.golomb()).toBeGreaterThanOrEqual(0)
})

// The first codes of table 9-2 of ITU-T H.264.
test.each([
  ['1', 0],
  ['010', 1],
  ['011', 2],
  ['00100', 3],
  ['00111', 6],
  ['0001000', 7],
  ['000000011111111', 254],
])('the code %s of Exp-Golomb is %i', (code, value) => {
  const bytes = code.padEnd(16, '0').match(/.{8}/g) ?? []
  expect(new BitReader(Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 2))).golomb()).toBe(value)
})
