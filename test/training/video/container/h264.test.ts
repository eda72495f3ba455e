import { expect, test } from 'vitest'
import { plainH264Size } from '#training/video/container/h264.ts'

/** Fields of a sequence parameter set, in the order of ITU-T H.264, section 7.3.2.1.1. */
const usual = {
  type: fixed(0x67, 8),
  profile: fixed(77, 8),
  limits: fixed(0x0028, 16),
  number: golomb(0),
  colours: '',
  frameNumberBits: golomb(0),
  orderType: golomb(0),
  orderBits: golomb(2),
  references: golomb(1),
  gaps: '0',
  columns: golomb(5),
  rows: golomb(3),
  isOfFrames: '1',
  directInference: '1',
  cropping: '0',
  usability: '0',
  end: '1',
}

function fixed(value: number, bits: number): string {
  return value.toString(2).padStart(bits, '0')
}

function golomb(value: number): string {
  const code = (value + 1).toString(2)
  return '0'.repeat(code.length - 1) + code
}

function unit(fields: Partial<typeof usual>): Uint8Array {
  const bits = Object.values({ ...usual, ...fields }).join('')
  const bytes = bits.padEnd(8 * Math.ceil(bits.length / 8), '0').match(/.{8}/g) ?? []
  return Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 2))
}

const high = fixed(100, 8)
/** 4:2:0, 8 bits of brightness and of colours, no bypass, no scaling lists. */
const highColours = [golomb(1), golomb(0), golomb(0), '0', '0']
const crop = (left: number, right: number, top: number, bottom: number) =>
  `1${golomb(left)}${golomb(right)}${golomb(top)}${golomb(bottom)}`
/** Aspect ratio, overscan, and how colours are stored. */
const usability = (aspect: string, colours: string) => `1${aspect}0${colours}0000000`
const limitedRange = `1${fixed(5, 3)}00`
const fullRange = `1${fixed(5, 3)}10`
const extended = `1${fixed(255, 8)}${fixed(4, 16)}${fixed(3, 16)}`

test.each<[string, Partial<typeof usual>, { width: number; height: number }]>([
  ['a main profile', {}, { width: 96, height: 64 }],
  ['a baseline profile', { profile: fixed(66, 8) }, { width: 96, height: 64 }],
  ['a high profile', { profile: high, colours: highColours.join('') }, { width: 96, height: 64 }],
  ['an order of rows', { orderType: golomb(2), orderBits: '' }, { width: 96, height: 64 }],
  ['cropping', { cropping: crop(1, 2, 3, 4) }, { width: 90, height: 50 }],
  ['a limited range', { usability: usability('0', limitedRange) }, { width: 96, height: 64 }],
  ['an aspect ratio', { usability: usability(extended, limitedRange) }, { width: 96, height: 64 }],
  [
    'a large size',
    { columns: golomb(119), rows: golomb(67), cropping: crop(0, 0, 0, 4) },
    { width: 1920, height: 1080 },
  ],
])('the size of a parameter set with %s is read', (_, fields, size) => {
  expect(plainH264Size(unit(fields))).toEqual(size)
})

test.each<[string, Partial<typeof usual>]>([
  ['that is none', { type: fixed(0x68, 8) }],
  ['of another profile', { profile: fixed(110, 8), colours: highColours.join('') }],
  ['of grey', { profile: high, colours: [golomb(0), ...highColours.slice(1)].join('') }],
  ['of 10 bits', { profile: high, colours: [golomb(1), golomb(2), golomb(2), '0', '0'].join('') }],
  ['with scaling lists', { profile: high, colours: [...highColours.slice(0, 4), '1', '00000000'].join('') }],
  ['with an order of cycles', { orderType: golomb(1) }],
  ['with a number that is too high', { number: golomb(32) }],
  ['with too many references', { references: golomb(17) }],
  ['of fields', { isOfFrames: '00' }],
  ['of full range', { usability: usability('0', fullRange) }],
  ['of full range behind an aspect ratio', { usability: usability(extended, fullRange) }],
  ['that is all cropped', { cropping: crop(24, 24, 0, 0) }],
])('a parameter set %s is not plain', (_, fields) => {
  expect(plainH264Size(unit(fields))).toBeUndefined()
})

test('a parameter set that ends too early is not plain', () => {
  const whole = unit({ cropping: crop(1, 2, 3, 4) })
  expect(plainH264Size(whole)).toBeDefined()
  expect(plainH264Size(whole.subarray(0, 8))).toBeUndefined()
})

test('bytes that keep start codes away do not count', () => {
  const whole = unit({ limits: fixed(0, 16), number: golomb(0) })
  const [head, rest] = [whole.subarray(0, 4), whole.subarray(4)]
  expect(plainH264Size(Uint8Array.of(...head, 3, ...rest))).toEqual(plainH264Size(whole))
  expect(plainH264Size(whole)).toEqual({ width: 96, height: 64 })
})
