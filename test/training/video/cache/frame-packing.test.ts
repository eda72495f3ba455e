import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { packFrame, unpackFrame } from '#training/video/cache/frame-packing.ts'

const sizes = fc.record({ width: fc.integer({ min: 1, max: 9 }), height: fc.integer({ min: 1, max: 9 }) })
const frames = sizes.chain(({ width, height }) =>
  fc.uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 }).map((frame) => ({ width, frame })),
)

test('a frame is the same after it was compressed', () => {
  fc.assert(
    fc.property(frames, ({ width, frame }) => {
      const unpacked = new Uint8Array(frame.length)
      expect(unpackFrame(packFrame(frame, width), width, unpacked)).toBe(true)
      expect(unpacked).toEqual(frame)
    }),
  )
})

test('a frame of another size is refused', () => {
  const packed = packFrame(new Uint8Array(2 * 2 * 3), 2)
  expect(unpackFrame(packed, 2, new Uint8Array(2 * 3 * 3))).toBe(false)
})

test('what changes evenly takes few bytes', () => {
  const [width, height] = [64, 48]
  const frame = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)]
    return x + 2 * y + (at % 3) * 20
  })
  expect(packFrame(frame, width).length).toBeLessThan(frame.length / 50)
})
