import { describe, expect, test } from 'vitest'
import { applyOperations } from '#training/data/augment/apply.ts'
import type { ClipOperation } from '#training/data/augment/operation.ts'
import { drawRandAugment } from '#training/data/augment/rand-augment.ts'
import { draws } from '#training/data/random.ts'
import pillow from './pillow.json' with { type: 'json' }

const size = { width: 100, height: 60 }
const published = { operations: 4, magnitude: 7, deviation: 0.5 }
const drawn = (settings: typeof published, count = 3000) =>
  Array.from({ length: count }, (_, key) => drawRandAugment(draws(1, 'augment', key), settings, size))

/** What of the fifteen an operation is, told from its numbers. */
function nameOf(operation: ClipOperation): string {
  if (operation.kind !== 'affine') return operation.kind
  const [, b, c, d, , f] = operation.matrix
  if (b !== 0 && d !== 0) return 'rotate'
  return b !== 0 ? 'shear-x' : d !== 0 ? 'shear-y' : c !== 0 ? 'translate-x' : f !== 0 ? 'translate-y' : 'none'
}

describe('drawRandAugment', () => {
  test('draws each of the fifteen operations equally often, each applied half of the time', () => {
    const all = drawn(published).flat()
    expect(Math.abs(all.length - 6000)).toBeLessThan(250)
    const counts = Object.entries(Object.groupBy(all, nameOf)).map(([name, of]) => [name, of!.length] as const)
    expect(counts.map(([name]) => name).toSorted()).toEqual([
      'auto-contrast',
      'brightness',
      'color',
      'contrast',
      'equalize',
      'invert',
      'posterize',
      'rotate',
      'sharpness',
      'shear-x',
      'shear-y',
      'solarize',
      'solarize-add',
      'translate-x',
      'translate-y',
    ])
    for (const [, count] of counts) expect(Math.abs(count - 400)).toBeLessThan(90)
  })

  // Strength m7 without spread: the published level functions by hand.
  test('gives the strengths of m7', () => {
    const seen = new Map<string, Set<string>>()
    for (const operation of drawn({ operations: 4, magnitude: 7, deviation: 0 }).flat()) {
      const name = nameOf(operation)
      const { kind: _, ...numbers } = operation
      const text =
        name === 'rotate'
          ? String(Math.round((-Math.asin(operation.kind === 'affine' ? -operation.matrix[3] : 0) * 180) / Math.PI))
          : JSON.stringify(numbers, (_key, value) => (typeof value === 'number' ? Number(value.toFixed(6)) : value))
      seen.set(name, (seen.get(name) ?? new Set()).add(text))
    }
    expect(
      Object.fromEntries(
        [...seen].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, texts]) => [name, [...texts].toSorted()]),
      ),
    ).toMatchInlineSnapshot(`
      {
        "auto-contrast": [
          "{}",
        ],
        "brightness": [
          "{"factor":0.37}",
          "{"factor":1.63}",
        ],
        "color": [
          "{"factor":0.37}",
          "{"factor":1.63}",
        ],
        "contrast": [
          "{"factor":0.37}",
          "{"factor":1.63}",
        ],
        "equalize": [
          "{}",
        ],
        "invert": [
          "{}",
        ],
        "posterize": [
          "{"bits":2}",
        ],
        "rotate": [
          "-21",
          "21",
        ],
        "sharpness": [
          "{"factor":0.37}",
          "{"factor":1.63}",
        ],
        "shear-x": [
          "{"matrix":[1,-0.21,0,0,1,0]}",
          "{"matrix":[1,0.21,0,0,1,0]}",
        ],
        "shear-y": [
          "{"matrix":[1,0,0,-0.21,1,0]}",
          "{"matrix":[1,0,0,0.21,1,0]}",
        ],
        "solarize": [
          "{"threshold":77}",
        ],
        "solarize-add": [
          "{"amount":77}",
        ],
        "translate-x": [
          "{"matrix":[1,0,-31.5,0,1,0]}",
          "{"matrix":[1,0,31.5,0,1,0]}",
        ],
        "translate-y": [
          "{"matrix":[1,0,0,0,1,-18.9]}",
          "{"matrix":[1,0,0,0,1,18.9]}",
        ],
      }
    `)
  })

  test('spreads the strength and never leaves 0..10', () => {
    const strongest = drawn({ operations: 4, magnitude: 10, deviation: 5 }, 1000).flat()
    const factors = strongest.flatMap((operation) => (operation.kind === 'brightness' ? [operation.factor] : []))
    expect(Math.min(...factors)).toBeCloseTo(0.1, 10)
    expect(Math.max(...factors)).toBeCloseTo(1.9, 10)
    expect(new Set(factors).size).toBeGreaterThan(10)
  })

  test('is off with no operations, and the same for the same key', () => {
    expect(drawRandAugment(draws(1, 'augment'), { ...published, operations: 0 }, size)).toEqual([])
    expect(drawn(published, 5)).toEqual(drawn(published, 5))
  })

  test('turns as Pillow does', () => {
    const { width, height } = pillow
    for (const { degrees, pixels } of pillow.turned) {
      const turn = Array.from({ length: 4000 }, (_, key) =>
        drawRandAugment(
          draws(1, 'turn', key),
          { operations: 1, magnitude: Math.abs(degrees) / 3, deviation: 0 },
          { width, height },
        ),
      )
        .flat()
        .find(
          (operation) =>
            nameOf(operation) === 'rotate' &&
            operation.kind === 'affine' &&
            Math.sign(operation.matrix[1]) === -Math.sign(degrees),
        )
      const { data } = applyOperations(
        { data: new Uint8Array(Buffer.from(pillow.picture, 'base64')), frameCount: 1, width, height },
        [turn!],
      )
      const expected = Buffer.from(pixels, 'base64')
      expect(Math.max(...expected.map((value, index) => Math.abs(value - data[index]!)))).toBeLessThanOrEqual(1)
    }
  })
})
