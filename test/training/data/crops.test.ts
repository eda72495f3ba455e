import { describe, expect, test } from 'vitest'
import { multiScaleCrop, randomResizedCrop, testCrop } from '#training/data/crops.ts'
import type { Box, Size } from '#training/data/geometry.ts'
import { draws } from '#training/data/random.ts'

const many = <T>(make: (key: number) => T) => Array.from({ length: 2000 }, (_, key) => make(key))
const isInside = (box: Box, frame: Size) =>
  box.x >= 0 && box.y >= 0 && box.x + box.width <= frame.width && box.y + box.height <= frame.height

describe('multiScaleCrop', () => {
  const frame = { width: 400, height: 200 }
  const boxes = many((key) => multiScaleCrop(draws(1, 'crop', key), frame))

  test('has sides of four scales, at most one scale apart', () => {
    const sides = [200, 175, 150, 132]
    for (const { width, height } of boxes)
      expect(Math.abs(sides.indexOf(width) - sides.indexOf(height))).toBeLessThanOrEqual(1)
    expect(new Set(boxes.map(({ width, height }) => `${width} ${height}`)).size).toBe(10)
  })

  test('is at one of 13 offsets inside the frame', () => {
    expect(boxes.every((box) => isInside(box, frame))).toBe(true)
    const offsets = boxes.filter((box) => box.width === 150 && box.height === 150).map(({ x, y }) => `${x} ${y}`)
    expect(new Set(offsets).size).toBe(13)
  })
})

describe('randomResizedCrop', () => {
  test.each([
    [{ width: 320, height: 180 }, 0.08],
    [{ width: 64, height: 64 }, 0.5],
  ])('of %j keeps area and aspect', (frame, minArea) => {
    const boxes = many((key) => randomResizedCrop(draws(1, 'crop', key), frame, minArea))
    const areas = boxes.map(({ width, height }) => (width * height) / (frame.width * frame.height))
    expect(boxes.every((box) => isInside(box, frame))).toBe(true)
    expect(Math.min(...areas)).toBeGreaterThan(minArea * 0.95)
    expect(Math.min(...areas)).toBeLessThan(minArea * 1.2)
    for (const { width, height } of boxes) {
      expect(width / height).toBeGreaterThan(0.7)
      expect(width / height).toBeLessThan(1.42)
    }
  })

  test.each([
    [
      { width: 1000, height: 100 },
      { x: 433, y: 0, width: 133, height: 100 },
    ],
    [
      { width: 100, height: 1000 },
      { x: 0, y: 433, width: 100, height: 133 },
    ],
  ])('of %j with the whole area falls back to the centre', (frame, expected) => {
    expect(randomResizedCrop(draws(1, 'crop'), frame, 1)).toEqual(expected)
  })
})

describe('testCrop', () => {
  test.each([
    {
      frame: { width: 320, height: 160 },
      position: 0,
      positions: 1,
      expected: { x: 80, y: 0, width: 160, height: 160 },
    },
    {
      frame: { width: 320, height: 160 },
      position: 0,
      positions: 3,
      expected: { x: 0, y: 0, width: 160, height: 160 },
    },
    {
      frame: { width: 320, height: 160 },
      position: 1,
      positions: 3,
      expected: { x: 80, y: 0, width: 160, height: 160 },
    },
    {
      frame: { width: 320, height: 160 },
      position: 2,
      positions: 3,
      expected: { x: 160, y: 0, width: 160, height: 160 },
    },
    {
      frame: { width: 160, height: 320 },
      position: 1,
      positions: 2,
      expected: { x: 0, y: 160, width: 160, height: 160 },
    },
    { frame: { width: 64, height: 64 }, position: 2, positions: 3, expected: { x: 0, y: 0, width: 64, height: 64 } },
  ])('$position of $positions on $frame', ({ frame, position, positions, expected }) => {
    expect(testCrop(frame, 80, position, positions)).toEqual(expected)
  })

  test('rounds the scaled long side down and crops at whole scaled pixels', () => {
    // 320 x 184 at short side 32: the long side is 55.65, cut to 55; the spare 23 pixels halve to offset 11.
    expect(testCrop({ width: 320, height: 184 }, 32, 0, 1)).toEqual({
      x: (11 * 320) / 55,
      y: 0,
      width: (32 * 320) / 55,
      height: 184,
    })
  })
})
