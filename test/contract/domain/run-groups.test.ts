import { expect, test } from 'vitest'
import { aggregateOf, compareGroupValues, groupBy, leftOutOf } from '#contract/domain/run-groups.ts'

interface Row {
  name: string
  ratio?: number | string | null
  tags?: string[]
}
const read = (key: string, row: Row) => (key === 'tag' ? (row.tags ?? []) : (row.ratio ?? null))
const shapeOf = (rows: readonly Row[], keys: readonly string[]) =>
  groupBy(rows, keys, read).map(({ values, items }) => [values, items.map(({ name }) => name).join('')])

test('runs with equal values are a group, a missing value is a group, and types are told apart', () => {
  const rows: Row[] = [
    { name: 'a', ratio: 0.9 },
    { name: 'b' },
    { name: 'c', ratio: 0.75 },
    { name: 'd', ratio: 0.9 },
    { name: 'e', ratio: '0.9' },
    { name: 'f', ratio: Number.NaN },
    { name: 'g', ratio: null },
    { name: 'h', ratio: Number.NaN },
  ]
  expect(shapeOf(rows, ['ratio'])).toEqual([
    [[0.75], 'c'],
    [[0.9], 'ad'],
    [['0.9'], 'e'],
    [[Number.NaN], 'fh'],
    [[null], 'bg'],
  ])
  expect(new Set(groupBy(rows, ['ratio'], read).map(({ id }) => id)).size).toBe(5)
  expect(shapeOf(rows, [])).toEqual([[[], 'abcdefgh']])
})

test('a run with several tags is in a group of each, and one without tags in the group without a value', () => {
  const rows: Row[] = [
    { name: 'a', ratio: 1, tags: ['x', 'y', 'x'] },
    { name: 'b', ratio: 1 },
    { name: 'c', ratio: 2, tags: ['y'] },
  ]
  expect(shapeOf(rows, ['tag', 'ratio'])).toEqual([
    [['x', 1], 'a'],
    [['y', 1], 'a'],
    [['y', 2], 'c'],
    [[null, 1], 'b'],
  ])
})

test('values sort by number, then text by its numbers, then NaN, then missing', () => {
  expect([null, 'seed-10', Number.NaN, 2, 'seed-2', -1, Number.POSITIVE_INFINITY].toSorted(compareGroupValues)).toEqual(
    [-1, 2, Number.POSITIVE_INFINITY, 'seed-2', 'seed-10', Number.NaN, null],
  )
})

test('an aggregate averages finite values, and counts what it leaves out', () => {
  expect(aggregateOf([1, 2, 3, 4, 5, null, Number.NaN, Number.POSITIVE_INFINITY])).toEqual({
    count: 5,
    nonFinite: 2,
    missing: 1,
    mean: 3,
    min: 1,
    max: 5,
    standardError: expect.closeTo(Math.sqrt(2.5 / 5), 12),
    // t(0.975, 4) = 2.776445105
    interval: expect.closeTo(2.776445105 * Math.sqrt(0.5), 8),
  })
  expect(aggregateOf([7])).toMatchObject({ count: 1, mean: 7, min: 7, max: 7, standardError: null, interval: null })
  expect(aggregateOf([Number.NaN])).toMatchObject({ count: 0, nonFinite: 1, mean: null, min: null, max: null })
})

test('what an aggregate leaves out is said', () => {
  expect(leftOutOf(aggregateOf([1]))).toBe('')
  expect(leftOutOf(aggregateOf([1, null]))).toBe('1 run without a value is left out')
  expect(leftOutOf(aggregateOf([null, null, Number.NaN]))).toBe(
    '2 runs without a value and 1 value that is not finite are left out',
  )
})

test('numbers within texts are compared by size', () => {
  const sorted = ['r = 0.9, seed', 'r = 0.75', 'r = 1e-5', 'r = 0.75, b = 2', 'seed-10', 'seed-2', 'v1.9', 'v1.10']
  expect(sorted.toSorted(compareGroupValues)).toEqual([
    'r = 1e-5',
    'r = 0.75',
    'r = 0.75, b = 2',
    'r = 0.9, seed',
    'seed-2',
    'seed-10',
    'v1.9',
    'v1.10',
  ])
})
