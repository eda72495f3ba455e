import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import wabt from 'wabt'
import type { Box } from '#training/data/geometry.ts'
import { normalize } from '#training/data/normalize.ts'
import { cropAndResize, cropToNormalized, type FrameStack, type Resample } from '#training/data/resize.ts'
import { antialiasedTaps, bilinearTaps, mirrored, type Taps } from '#training/data/taps.ts'

const folder = resolve(import.meta.dirname, '../../../src/training/data/resize-kernel')

const clampByte = (value: number) => Math.min(255, Math.max(0, value))

/** An output from the inputs at its taps. */
type Filter = (taps: Taps, output: number, valueAt: (input: number) => number) => number

/** Weights in integers with 22 fractional bits; the sum is rounded to a byte. */
const rounded: Filter = (taps, output, valueAt) => {
  let total = 1 << 21
  for (let k = 0; k < taps.count[output]!; k++) {
    const weight = taps.weights[output * taps.stride + k]!
    total += valueAt(taps.first[output]! + k) * Math.trunc(weight * (1 << 22) + (weight < 0 ? -0.5 : 0.5))
  }
  return clampByte(total >> 22)
}

const mixed: Filter = (taps, output, valueAt) => {
  const value = valueAt(taps.first[output]!)
  const next = valueAt(taps.first[output]! + taps.count[output]! - 1)
  return value + taps.weights[output * 2 + 1]! * (next - value)
}

/** One pass along x, then one along y. */
function passes(frames: FrameStack, columns: Taps, rows: Taps, size: number, filter: Filter): number[] {
  const { data, frameCount, height, width } = frames
  const out: number[] = []
  const [low, high] = [rows.first[0]!, rows.first.at(-1)! + rows.count.at(-1)!]
  for (let t = 0; t < frameCount; t++) {
    const middle = new Float64Array(height * size * 3)
    for (let y = low; y < high; y++)
      for (let x = 0; x < size; x++)
        for (let c = 0; c < 3; c++)
          middle[(y * size + x) * 3 + c] = filter(
            columns,
            x,
            (input) => data[((t * height + y) * width + input) * 3 + c]!,
          )
    for (let y = 0; y < size; y++)
      for (let i = 0; i < size * 3; i++) out.push(filter(rows, y, (input) => middle[input * size * 3 + i]!))
  }
  return out
}

/** `cropAndResize` in plain JavaScript. */
function reference(frames: FrameStack, box: Box, size: number, flip: boolean, resample: Resample) {
  const tapsOf = (start: number, length: number) =>
    resample === 'bilinear'
      ? bilinearTaps(start, length, size)
      : antialiasedTaps(start, length, size, resample === 'antialiased' ? 'linear' : 'cubic')
  const across = tapsOf(box.x, box.width)
  const columns = flip ? mirrored(across) : across
  const rows = tapsOf(box.y, box.height)
  return resample === 'bilinear'
    ? Float32Array.from(passes(frames, columns, rows, size, mixed))
    : Uint8Array.from(passes(frames, columns, rows, size, rounded))
}

/** Numbers in 0..1 from a seed. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** A clip of noise of any size, and a box in it. Each second clip has many black and white pixels, at which cubic sums are clamped. */
function randomCase(seed: number) {
  const next = numbers(seed)
  const upTo = (limit: number) => 1 + Math.floor(next() * limit)
  const [width, height, frameCount, size] = [upTo(70), upTo(50), upTo(3), upTo(40)]
  const contrast = seed % 2 === 0 ? 4 : 1
  const data = Uint8Array.from({ length: frameCount * width * height * 3 }, () =>
    clampByte(Math.floor((next() - 0.5) * contrast * 256 + 128)),
  )
  const isWhole = next() < 0.5
  const span = (limit: number) => {
    const length = isWhole ? upTo(limit) : Math.max(0.01, next() * limit)
    const start = next() * (limit - length)
    return [isWhole ? Math.floor(start) : start, length] as const
  }
  const [[x, boxWidth], [y, boxHeight]] = [span(width), span(height)]
  const frames: FrameStack = { data, frameCount, width, height }
  return { frames, box: { x, y, width: boxWidth, height: boxHeight }, size, flip: next() < 0.5 }
}

/** Normalises by the arithmetic of `normalize`, in the order [3, frames, size, size]. */
function normalized(pixels: Float32Array | Uint8Array): Float32Array {
  const plane = pixels.length / 3
  const [mean, deviation] = [
    [0.485, 0.456, 0.406],
    [0.229, 0.224, 0.225],
  ]
  return Float32Array.from(pixels, (_, index) => {
    const c = Math.floor(index / plane)
    return pixels[(index % plane) * 3 + c]! * (1 / (255 * deviation[c]!)) - mean[c]! / deviation[c]!
  })
}

const bits = ({ buffer, byteOffset, byteLength }: Uint8Array | Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength)

describe('the kernel that resizes', () => {
  it('is the compiled resize.wat', async () => {
    const features = { simd: true }
    const parsed = (await wabt()).parseWat('resize.wat', readFileSync(resolve(folder, 'resize.wat'), 'utf8'), features)
    parsed.validate(...([features] as unknown as []))
    const lines =
      Buffer.from(parsed.toBinary({}).buffer)
        .toString('base64')
        .match(/.{1,120}/g) ?? []
    const module = `/** resize.wat as WebAssembly, in base64. */\nexport const binary =\n${lines.map((line) => `  '${line}'`).join(' +\n')}\n`
    await expect(module).toMatchFileSnapshot(resolve(folder, 'binary.ts'))
  })

  it.each(['antialiased', 'antialiased-cubic', 'bilinear'] as const)(
    '%s: has the bits of plain JavaScript',
    (resample) => {
      for (let seed = 1; seed <= 300; seed++) {
        const { frames, box, size, flip } = randomCase(seed)
        const wanted = bits(reference(frames, box, size, flip, resample))
        expect(bits(cropAndResize(frames, box, size, flip, resample)).equals(wanted), `case ${seed}`).toBe(true)
      }
    },
  )

  it('has the bits of plain JavaScript for normalised clips', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const { frames, box, size, flip } = randomCase(seed)
      const wanted = normalized(reference(frames, box, size, flip, 'bilinear') as Float32Array)
      expect(bits(cropToNormalized(frames, box, size, flip)).equals(bits(wanted)), `case ${seed}`).toBe(true)
    }
  })

  it('grows its memory for a larger clip and keeps earlier results', () => {
    const box = { x: 0, y: 0, width: 2, height: 2 }
    const small: FrameStack = {
      data: Uint8Array.from({ length: 12 }, (_, i) => i * 20),
      frameCount: 1,
      width: 2,
      height: 2,
    }
    const earlier = cropAndResize(small, box, 2, false, 'antialiased')
    const data = new Uint8Array(1920 * 1080 * 3).fill(7)
    const large: FrameStack = { data, frameCount: 1, width: 1920, height: 1080 }
    const resized = cropAndResize(large, { x: 0, y: 0, width: 1920, height: 1080 }, 300, false, 'antialiased-cubic')
    expect(resized.every((value) => value === 7)).toBe(true)
    expect([...earlier]).toEqual([...small.data])
  })

  it.each([
    { name: 'bytes', pixels: Uint8Array.from({ length: 3 * 256 }, (_, index) => Math.floor(index / 3)) },
    { name: 'floats', pixels: Float32Array.from({ length: 3 * 256 }, (_, index) => index / 3) },
  ])('normalises $name as plain arithmetic does', ({ pixels }) => {
    const out = new Float32Array(pixels.length)
    normalize(pixels, out, 0)
    expect(bits(out).equals(bits(normalized(pixels)))).toBe(true)
  })
})

it('refuses boxes that are not in the frames, and data that are shorter than their frames', () => {
  const frames = { data: new Uint8Array(2 * 4 * 6 * 3), frameCount: 2, height: 4, width: 6 }
  const inside = { x: 0, y: 0, width: 6, height: 4 }
  expect(() => cropAndResize(frames, { ...inside, y: 1 }, 2, false, 'antialiased')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: columns 0 to 6, rows 1 to 5: not in frames of 6 × 4]`,
  )
  expect(() => cropToNormalized(frames, { ...inside, width: 7 }, 7, true)).toThrow('columns 0 to 7')
  const short = { ...frames, data: frames.data.subarray(1) }
  expect(() => cropAndResize(short, inside, 2, false, 'bilinear')).toThrowErrorMatchingInlineSnapshot(
    `[RangeError: 143 bytes are too few for 2 frames of 6 × 4]`,
  )
})
