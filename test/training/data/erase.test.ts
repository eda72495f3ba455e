import { expect, test } from 'vitest'
import { drawErasedBox, randomlyErase } from '#training/data/erase.ts'
import { draws } from '#training/data/random.ts'

test('boxes are inside the frame, with 2 % to a third of its area and an aspect from 0.3 to 3.3', () => {
  const boxes = Array.from({ length: 500 }, (_, key) => drawErasedBox(draws(1, 'erase', key), 224)!)
  for (const { x, y, width, height } of boxes) {
    expect(x >= 0 && y >= 0 && x + width <= 224 && y + height <= 224).toBe(true)
    const [area, aspect] = [(width * height) / 224 ** 2, height / width]
    expect(area).toBeGreaterThan(0.019)
    expect(area).toBeLessThan(0.34)
    expect(aspect).toBeGreaterThan(0.28)
    expect(aspect).toBeLessThan(3.5)
  }
  const areas = boxes.map(({ width, height }) => (width * height) / 224 ** 2)
  expect(areas.reduce((sum, area) => sum + area, 0) / 500).toBeCloseTo((0.02 + 1 / 3) / 2, 1)
})

test('the noise is standard normal and differs from frame to frame', () => {
  const clip = new Float32Array(3 * 4 * 64 * 64).fill(9)
  randomlyErase(draws(3, 'erase'), clip, 64, 1)
  const noise = clip.filter((value) => value !== 9)
  const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length
  const deviation = Math.sqrt(noise.reduce((sum, value) => sum + (value - mean) ** 2, 0) / noise.length)
  expect(noise.length).toBeGreaterThan(3 * 4 * 80)
  expect(Math.abs(mean)).toBeLessThan(0.1)
  expect(Math.abs(deviation - 1)).toBeLessThan(0.1)
  expect(new Set(noise).size).toBeGreaterThan(noise.length * 0.99)
})

test('the share of erased clips is the probability', () => {
  const erased = Array.from({ length: 400 }, (_, key) => {
    const clip = new Float32Array(3 * 16 * 16)
    randomlyErase(draws(1, 'erase', key), clip, 16, 0.25)
    return clip.some((value) => value !== 0)
  })
  expect(Math.abs(erased.filter(Boolean).length - 100)).toBeLessThan(30)
})

test('a probability of 0 draws nothing', () => {
  const [untouched, stream] = [draws(1, 'erase'), draws(1, 'erase')]
  randomlyErase(stream, new Float32Array(3 * 16), 4, 0)
  expect(stream.uniform()).toBe(untouched.uniform())
})
