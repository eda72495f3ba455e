import { expect, test } from 'vitest'
import { isShownVp8, plainVp8Size, plainVp9Size } from '#training/video/container/vp-frames.ts'

/** Bytes whose bits are those of a text, blanks left out. */
function bytesOf(bits: string): Buffer {
  const bytes = bits.replaceAll(' ', '').padEnd(80, '0').match(/.{8}/g) ?? []
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)))
}

const sync = '01001001 10000011 01000010'
const size = `${(426 - 1).toString(2).padStart(16, '0')} ${(240 - 1).toString(2).padStart(16, '0')}`

test('the size of a key frame of VP9 with profile 0 is read', () => {
  expect(plainVp9Size(bytesOf(`10 00 0 0 1 0 ${sync} 010 0 ${size}`))).toEqual({ width: 426, height: 240 })
  expect(plainVp9Size(bytesOf(`10 00 0 0 1 1 ${sync} 010 1 ${size}`))).toEqual({ width: 426, height: 240 })
})

test.each([
  ['of another codec', `01 00 0 0 1 0 ${sync} 010 0 ${size}`],
  ['of profile 1', `10 10 0 0 1 0 ${sync} 010 0 11 0 ${size}`],
  ['of profile 2', `10 01 0 0 1 0 ${sync} 0 010 0 ${size}`],
  ['that shows an earlier one', `10 00 1 0 1 0 ${sync} 010 0 ${size}`],
  ['that refers to others', `10 00 0 1 1 0 ${sync} 010 0 ${size}`],
  ['that is not shown', `10 00 0 0 0 0 ${sync} 010 0 ${size}`],
  ['without the code', `10 00 0 0 1 0 ${sync.replace('1', '0')} 010 0 ${size}`],
  ['of RGB', `10 00 0 0 1 0 ${sync} 111 0 ${size}`],
])('a frame of VP9 %s is not plain', (_, bits) => {
  expect(plainVp9Size(bytesOf(bits))).toBeUndefined()
})

test('a frame of VP9 that ends too early is not plain', () => {
  expect(plainVp9Size(bytesOf(`10 00 0 0 1 0 ${sync} 010 0 ${size}`).subarray(0, 7))).toBeUndefined()
})

/** A key frame of VP8: its tag, the code, and width and height with their scales in the highest bits. */
const vp8 = Buffer.from('1000009d012aaa01f000', 'hex')

test('the size of a key frame of VP8 is read', () => {
  expect(plainVp8Size(vp8)).toEqual({ width: 426, height: 240 })
  expect(isShownVp8(vp8)).toBe(true)
})

test.each([
  ['that refers to others', 0, 0x11],
  ['that is not shown', 0, 0x00],
  ['of a version that is not known', 0, 0x18],
  ['without the code', 3, 0x9c],
  ['that is scaled', 7, 0x41],
])('a frame of VP8 %s is not plain', (_, at, value) => {
  const frame = Buffer.from(vp8)
  frame.writeUInt8(value, at)
  expect(plainVp8Size(frame)).toBeUndefined()
})
