import { expect, test } from 'vitest'
import { similarityByDistance } from '#contract/domain/frame-similarity.ts'

test('the similarity over a distance is the mean of all pairs at this distance', () => {
  expect(
    similarityByDistance([
      [1, 0.5, 0.25],
      [0.5, 1, 0.75],
      [0.25, 0.75, 1],
    ]),
  ).toEqual([1, 0.625, 0.25])
  // Both sides of the diagonal count.
  expect(
    similarityByDistance([
      [1, 0.5],
      [0, 1],
    ]),
  ).toEqual([1, 0.25])
  expect(similarityByDistance([[1]])).toEqual([1])
  expect(similarityByDistance([])).toEqual([])
})

test('what is not square or not a number is refused', () => {
  expect(() => similarityByDistance([[1, 0], [1]])).toThrow('2 rows, and 1 columns in row 2')
  expect(() => similarityByDistance([[1, 0]])).toThrow('1 rows, and 2 columns in row 1')
  expect(() =>
    similarityByDistance([
      [1, Number.NaN],
      [0, 1],
    ]),
  ).toThrow('of tubelets 1 and 2 is NaN')
})
