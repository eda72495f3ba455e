import { describe, expect, it, test } from 'vitest'
import { highest, nearestNeighbours } from '#training/probing/knn.ts'
import { Ranking } from '#training/probing/ranking.ts'

const features = (width: number, rows: number[][], labels: number[]) => ({
  width,
  rows: Float64Array.from(rows.flat()),
  labels: Int32Array.from(labels),
})

describe('the weighted vote of nearest neighbours', () => {
  const train = features(
    2,
    [
      [1, 0],
      [0, 3],
      [2, 2],
      [-1, 0],
    ],
    [0, 1, 2, 1],
  )

  test.each([
    { neighbours: 1, query: [5, 0], expected: [Math.exp(1 / 0.5), 0, 0] },
    { neighbours: 2, query: [5, 0], expected: [Math.exp(1 / 0.5), 0, Math.exp(Math.SQRT1_2 / 0.5)] },
    { neighbours: 4, query: [5, 0], expected: [Math.exp(2), Math.exp(0) + Math.exp(-2), Math.exp(Math.SQRT2)] },
    { neighbours: 99, query: [5, 0], expected: [Math.exp(2), Math.exp(0) + Math.exp(-2), Math.exp(Math.SQRT2)] },
    { neighbours: 1, query: [0, 0], expected: [Math.exp(0), 0, 0] },
  ])('$neighbours neighbours of $query', ({ neighbours, query, expected }) => {
    const scores = nearestNeighbours(train, { neighbours, temperature: 0.5, classes: 3 })(Float64Array.from(query))
    expected.forEach((score, index) => expect(scores[index]).toBeCloseTo(score, 12))
  })

  it('does not depend on the length of features', () => {
    const settings = { neighbours: 3, temperature: 0.07, classes: 3 }
    const scaled = { ...train, rows: train.rows.map((value) => value * 8) }
    expect(nearestNeighbours(scaled, settings)(Float64Array.of(3, 1))).toEqual(
      nearestNeighbours(train, settings)(Float64Array.of(1.5, 0.5)),
    )
  })
})

test.each([
  { values: [3, 1, 2], count: 2, expected: [0, 2] },
  { values: [1, 2, 2, 2], count: 2, expected: [1, 2] },
  { values: [1, 2], count: 5, expected: [1, 0] },
  { values: [], count: 1, expected: [] },
  { values: [5, 4, 3, 6], count: 1, expected: [3] },
])('the $count highest of $values', ({ values, count, expected }) => {
  expect(highest(Float64Array.from(values), count)).toEqual(expected)
})

describe('ranking', () => {
  test.each([
    { scores: [0.1, 0.9], label: 1, top1: 1, top5: null },
    { scores: [0.9, 0.1], label: 1, top1: 0, top5: null },
    { scores: [0.5, 0.5], label: 0, top1: 0, top5: null },
    { scores: [9, 8, 7, 6, 5], label: 4, top1: 0, top5: null },
    { scores: [9, 8, 7, 6, 5, 4], label: 4, top1: 0, top5: 1 },
    { scores: [9, 8, 7, 6, 5, 4], label: 5, top1: 0, top5: 0 },
    { scores: [1, 0, 0, 0, 0, 0, 0], label: 6, top1: 0, top5: 0 },
  ])('class $label among $scores', ({ scores, label, top1, top5 }) => {
    const ranking = new Ranking(scores.length)
    ranking.add(scores, label)
    expect(ranking.conclude()).toEqual({ top1, top5 })
  })

  it('counts shares, and refuses to count nothing', () => {
    const ranking = new Ranking(2)
    expect(() => ranking.conclude()).toThrow('nothing to rank')
    for (const label of [0, 1, 1, 1]) ranking.add([0.2, 0.8], label)
    expect(ranking.conclude()).toEqual({ top1: 0.75, top5: null })
  })

  it('refuses scores that are not numbers, and scores of other classes', () => {
    const ranking = new Ranking(2)
    expect(() => ranking.add([0.5, Number.NaN], 0)).toThrow('The score of the class 1 is NaN.')
    expect(() => ranking.add([0.5], 0)).toThrow('There are 1 scores of 2 classes.')
    expect(() => ranking.conclude()).toThrow('nothing to rank')
  })
})
