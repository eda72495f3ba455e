import { describe, expect, it } from 'vitest'
import { classRows, confusionDifference, sortClasses, testDifference } from '#contract/comparison/class-accuracies.ts'
import type { TestResult } from '#contract/domain/result.ts'

const result = (confusion: number[][], classes = ['a', 'b', 'c']): TestResult => ({
  task: 'classification',
  top1: 0.5,
  top5: null,
  videos: confusion.flat().reduce((sum, count) => sum + count, 0),
  views: 1,
  classes,
  confusion,
})
const baseline = result([
  [8, 2, 0],
  [1, 9, 0],
  [0, 0, 0],
])
const other = result([
  [10, 0, 0],
  [4, 6, 0],
  [0, 0, 0],
])

describe('classRows', () => {
  const rows = classRows([baseline, null, other])
  it('has shares, differences and intervals', () => {
    expect(rows[0]!.cells[1]).toBeNull()
    expect(rows[0]!.cells[2]).toMatchObject({ videos: 10, correct: 10, share: 1, difference: expect.closeTo(0.2) })
    // scipy.stats.binomtest(8, 10).proportion_ci(method='wilson'): 0.4902, 0.9433
    expect(rows[0]!.cells[0]!.interval).toEqual({ low: expect.closeTo(0.4902, 4), high: expect.closeTo(0.9433, 4) })
    expect(rows[2]!.cells[0]).toEqual({ videos: 0, correct: 0, share: null, interval: null, difference: null })
  })
  it.each([
    ['worst', ['b', 'a', 'c']],
    ['best', ['a', 'b', 'c']],
    ['name', ['a', 'b', 'c']],
  ] as const)('are sorted: %s', (order, expected) =>
    expect(sortClasses(rows, 2, order).map(({ label }) => label)).toEqual(expected),
  )
})

const tested = (of: TestResult | null, dataset = 'shapes', digest = 'd') =>
  ({ run: { dataset, labels: 'folders', result: of }, pipeline: { datasetDigest: digest } }) as Parameters<
    typeof testDifference
  >[0]

describe('confusion against the baseline', () => {
  it('is the difference in videos', () =>
    expect(confusionDifference(baseline, other, 40)).toEqual({
      classes: ['a', 'b', 'c'],
      rows: [
        { label: 'a', cells: [2, -2, 0] },
        { label: 'b', cells: [3, -3, 0] },
        { label: 'c', cells: [0, 0, 0] },
      ],
      leftOut: 0,
      largest: 3,
    }))
  it('shows the classes that changed most', () => {
    const { classes, leftOut } = confusionDifference(baseline, other, 2)
    expect([classes, leftOut]).toEqual([['a', 'b'], 1])
  })

  it.each([
    ['the same test', tested(other), undefined],
    ['no result', tested(null), { kind: 'result' }],
    ['another dataset', tested(other, 'falls'), { kind: 'dataset', reference: 'shapes', own: 'falls' }],
    ['another version', tested(other, 'shapes', 'e'), { kind: 'version' }],
    ['other classes', tested(result(other.confusion, ['a', 'b', 'd'])), { kind: 'classes' }],
    [
      'other videos',
      tested(
        result([
          [9, 0, 0],
          [4, 6, 0],
          [0, 0, 0],
        ]),
      ),
      { kind: 'videos' },
    ],
  ])('%s', (_name, run, expected) => {
    expect(testDifference(tested(baseline), run)).toEqual(expected)
  })
})
