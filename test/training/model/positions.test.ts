import { describe, expect, it } from 'vitest'
import { flatPositions, imagePositions, spaceTimePositions } from '#training/model/positions.ts'

const sum = (table: Float32Array) => table.reduce((total, value) => total + value, 0)
const row = (table: Float32Array, width: number, token: number, channels: number[]) =>
  channels.map((channel) => Number(table.at(token * width + channel)?.toFixed(5)))

describe('3-D table', () => {
  const table = spaceTimePositions(384, [8, 14, 14])

  it('has the sum of the published table', () => {
    expect(sum(table)).toBeCloseTo(281209.8784, 3)
    expect(sum(spaceTimePositions(768, [8, 14, 14]))).toBeCloseTo(564278.7847, 3)
  })
  it('gives the second token column 1 at time 0', () => {
    expect(row(table, 384, 1, [96, 97, 98, 99])).toEqual([0.84147, 0.77069, 0.69919, 0.6298])
    expect([...table.subarray(384, 384 + 48)]).toEqual(Array(48).fill(0))
    expect([...table.subarray(384 + 48, 384 + 96)]).toEqual(Array(48).fill(1))
  })
  it('gives the first token of the second tubelet time 1', () => {
    expect(row(table, 384, 196, [0, 1, 2, 3])).toEqual([0.84147, 0.73482, 0.6298, 0.53317])
  })
  it('gives the last token time 7', () => {
    expect(row(spaceTimePositions(768, [8, 14, 14]), 768, 1567, [0, 1, 95, 96])).toEqual([
      0.65699, 0.07636, 0.00077, 0.7539,
    ])
  })
  it('puts the column before the row', () => {
    const small = spaceTimePositions(16, [1, 2, 3])
    expect([...small.subarray(16 + 4, 32)]).toEqual(expectedParts(1, 0))
  })
})

/** Column and row parts of a width of 16: three frequencies each. */
const expectedParts = (column: number, line: number): number[] =>
  [...expectedPart(column), ...expectedPart(line)].map(Math.fround)

function expectedPart(coordinate: number): number[] {
  const angles = [0, 1, 2].map((i) => coordinate * 10000 ** (-i / 3))
  return [...angles.map(Math.sin), ...angles.map(Math.cos)]
}

describe('1-D table', () => {
  const table = flatPositions(768, 1568)

  it('has the sum of the published table', () => {
    expect(sum(table)).toBeCloseTo(245744.9896, 3)
  })
  it('interleaves sines and cosines', () => {
    expect(row(table, 768, 1567, [0, 1, 2, 3])).toEqual([0.60895, -0.79321, 0.09323, -0.99564])
  })
})

describe('2-D table', () => {
  const table = imagePositions(768, 14)

  it('has the sum of the published table', () => {
    expect(sum(table)).toBeCloseTo(69594.4939, 3)
  })
  it('begins with a zero row for the class token', () => {
    expect(table.subarray(0, 768).every((value) => value === 0)).toBe(true)
  })
})
