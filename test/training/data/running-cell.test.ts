import { describe, expect, test } from 'vitest'
import { tubeMask } from '#training/data/masks.ts'
import { draws } from '#training/data/random.ts'
import { runningCell } from '#training/data/running-cell.ts'

const grid = [8, 14, 14] as const
const { masked } = tubeMask(draws(1, 'mask'), grid, 0.9)
const cell = (ratio: number, key = 0) => runningCell(draws(1, 'cell', key), masked, grid, ratio)
const bySlice = (tokens: Int32Array) =>
  Array.from({ length: 8 }, (_, slice) =>
    [...tokens].filter((token) => Math.floor(token / 196) === slice).map((token) => token % 196),
  )

describe('runningCell', () => {
  test.each([
    [0.5, 88],
    [0.25, 132],
    [0.75, 44],
    [0.9, 18],
  ])('at a ratio of %s keeps %s of the 176 hidden tokens of every slice', (ratio, kept) => {
    const tokens = cell(ratio)
    const hidden = new Set(masked)
    expect(bySlice(tokens).map((places) => places.length)).toEqual(Array.from({ length: 8 }, () => kept))
    expect([...tokens].every((token) => hidden.has(token))).toBe(true)
    expect(tokens).toEqual(tokens.toSorted())
  })

  test('at 0 predicts every masked token', () => expect(cell(0)).toBe(masked))

  test('its window covers half of each cell and moves by one patch per time', () => {
    const every = tubeMask(draws(1, 'mask'), [8, 4, 4], 0.999).masked.length
    expect(every).toBe(8 * 15)
    const all = Int32Array.from({ length: 8 * 16 }, (_, token) => token)
    const slices = Array.from({ length: 8 }, (_, slice) => {
      const tokens = [...runningCell(draws(1, 'cell'), all, [8, 4, 4], 0.5)].filter(
        (token) => Math.floor(token / 16) === slice,
      )
      return new Set(tokens.map((token) => (Math.floor((token % 16) / 4) % 2) * 2 + (token % 2)))
    })
    for (const corners of slices) expect(corners.size).toBe(2)
    slices
      .slice(1)
      .forEach((corners, index) => expect([...corners].filter((corner) => slices[index]!.has(corner))).toHaveLength(1))
    expect(slices[4]).toEqual(slices[0])
    expect([...slices[2]!].some((corner) => slices[0]!.has(corner))).toBe(false)
  })

  test('starts at every position', () => {
    const starts = Array.from({ length: 60 }, (_, key) => cell(0.5, key)[0])
    expect(new Set(starts).size).toBeGreaterThan(1)
    expect([...cell(0.5, 3)]).toEqual([...cell(0.5, 3)])
  })
})
