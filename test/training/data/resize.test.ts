import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { cropAndResize, type FrameStack } from '#training/data/resize.ts'

/** 23 x 17 pixels of a fixed pattern, `count` times with other bytes. */
function pattern(count = 1): FrameStack {
  const [width, height] = [23, 17]
  const value = (index: number) => {
    const [c, x, y, t] = [
      index % 3,
      Math.floor(index / 3) % width,
      Math.floor(index / 3 / width) % height,
      Math.floor(index / 3 / width / height),
    ]
    return (x * 37 + y * 91 + c * 53 + x * y * 7 + t * 101) % 256
  }
  return {
    data: Uint8Array.from({ length: count * width * height * 3 }, (_, index) => value(index)),
    frameCount: count,
    width,
    height,
  }
}

const gray = (values: number[][]): FrameStack => ({
  data: Uint8Array.from(values.flat().flatMap((v) => [v, v, v])),
  frameCount: 1,
  height: values.length,
  width: values[0]!.length,
})
const red = (pixels: Uint8Array | Float32Array) => [...pixels].filter((_, index) => index % 3 === 0)
const whole = (frames: FrameStack) => ({ x: 0, y: 0, width: frames.width, height: frames.height })

const pixelRows = (pixels: Uint8Array | Float32Array) =>
  Array.from({ length: 8 }, (_, y) =>
    Array.from({ length: 8 }, (_, x) => [...pixels.subarray((y * 8 + x) * 3, (y * 8 + x) * 3 + 3)]),
  )

describe('antialiased', () => {
  // Digests of what Pillow 12.3 makes of the same pattern: Image.crop(box).resize((size, size), BILINEAR or BICUBIC).
  test.each([
    {
      resample: 'antialiased',
      box: { x: 0, y: 0, width: 23, height: 17 },
      size: 8,
      sha256: '7df4f305c505b0c1b11477a4bcacaebb462c509a70eda0767667a00eee1aff6f',
    },
    {
      resample: 'antialiased',
      box: { x: 3, y: 2, width: 15, height: 13 },
      size: 8,
      sha256: 'a4204235ec4cda4a9a63ef0a67f6f41c49eda7af8883e87068c46feb88140632',
    },
    {
      resample: 'antialiased',
      box: { x: 5, y: 4, width: 6, height: 5 },
      size: 16,
      sha256: '5928fffc720b0bd9c9c72afd11ae964500b039807bfc7b08f7930941ab5e67ab',
    },
    {
      resample: 'antialiased-cubic',
      box: { x: 0, y: 0, width: 23, height: 17 },
      size: 5,
      sha256: '61702c74b20e1fb42b5dc0a9cc853d8a6b4d215c201b0cb1b8a211b4b61804c9',
    },
    {
      resample: 'antialiased-cubic',
      box: { x: 3, y: 2, width: 15, height: 13 },
      size: 8,
      sha256: 'f615189d40096b082da631146ea1223f6c24e7cc24b78332315adf3954654b85',
    },
    {
      resample: 'antialiased-cubic',
      box: { x: 5, y: 4, width: 6, height: 5 },
      size: 16,
      sha256: 'dd09339dc0a2bcc4f11e2b821b64449c35bb2d237985a732aeda5ffeefc8b0a9',
    },
    {
      resample: 'antialiased',
      box: { x: 2, y: 2, width: 8, height: 8 },
      size: 8,
      sha256: '8af12021361b5dd22739f1f155f141bfc3aa0ff0850c0fde9c09f45bb3215a93',
    },
  ] as const)('$resample of $box to $size equals Pillow to the bit', ({ box, size, resample, sha256 }) => {
    expect(
      createHash('sha256')
        .update(cropAndResize(pattern(), box, size, false, resample))
        .digest('hex'),
    ).toBe(sha256)
  })

  test('resizes every frame in the same way', () => {
    const box = { x: 3, y: 2, width: 15, height: 13 }
    const three = pattern(3)
    const alone = (t: number) => ({ ...pattern(), data: three.data.slice(t * 23 * 17 * 3, (t + 1) * 23 * 17 * 3) })
    expect(Buffer.from(cropAndResize(three, box, 8, false, 'antialiased'))).toEqual(
      Buffer.concat([0, 1, 2].map((t) => cropAndResize(alone(t), box, 8, false, 'antialiased') as Uint8Array)),
    )
  })
})

describe('bilinear', () => {
  test('interpolates between pixel centres and repeats the edges', () => {
    const frames = gray([
      [0, 100],
      [100, 200],
    ])
    expect(red(cropAndResize(frames, whole(frames), 4, false, 'bilinear'))).toEqual([
      0, 25, 75, 100, 25, 50, 100, 125, 75, 100, 150, 175, 100, 125, 175, 200,
    ])
  })

  test('does not smooth before it downsamples', () => {
    const frames = gray([
      [0, 255, 0, 0, 0, 0],
      [0, 255, 0, 0, 0, 0],
      ...Array.from({ length: 4 }, () => [0, 0, 0, 0, 0, 0]),
    ])
    expect(red(cropAndResize(frames, whole(frames), 2, false, 'bilinear'))).toEqual([255, 0, 0, 0])
  })

  test('reads nothing outside a box of whole pixels', () => {
    const frames = gray([
      [9, 9, 9, 9],
      [9, 0, 100, 9],
      [9, 100, 200, 9],
      [9, 9, 9, 9],
    ])
    expect(red(cropAndResize(frames, { x: 1, y: 1, width: 2, height: 2 }, 4, false, 'bilinear'))).toEqual([
      0, 25, 75, 100, 25, 50, 100, 125, 75, 100, 150, 175, 100, 125, 175, 200,
    ])
  })

  test('repeats a single pixel', () => {
    const frames = gray([[7]])
    expect(red(cropAndResize(frames, whole(frames), 2, false, 'bilinear'))).toEqual([7, 7, 7, 7])
  })
})

test.each(['antialiased', 'antialiased-cubic', 'bilinear'] as const)('%s: a flip mirrors the picture', (resample) => {
  const box = { x: 3, y: 2, width: 15, height: 13 }
  const plain = pixelRows(cropAndResize(pattern(), box, 8, false, resample))
  expect(pixelRows(cropAndResize(pattern(), box, 8, true, resample))).toEqual(plain.map((row) => row.toReversed()))
})
