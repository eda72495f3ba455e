import { describe, expect, test } from 'vitest'
import { balanceRows, balanceWarnings, trainingSamplesOf } from '#renderer/features/datasets/balance.ts'

const counts = (labelSet: string, label: string | null, train: number, validation: number, test: number) => ({
  labelSet,
  label,
  train,
  validation,
  test,
})

describe('class balance', () => {
  const balance = [
    counts('motion', null, 100, 0, 0),
    counts('motion', 'left', 6, 2, 2),
    counts('motion', 'right', 3, 1, 1),
    counts('colour', 'red', 9, 9, 9),
  ]

  test('is relative to the largest class; videos without a label come last and have no bar', () => {
    expect(balanceRows(balance, 'motion').map(({ label, total, length }) => [label, total, length])).toEqual([
      ['left', 10, 1],
      ['right', 5, 0.5],
      [null, 100, 0],
    ])
  })

  test('of an empty dataset is 0', () =>
    expect(balanceRows([counts('motion', 'left', 0, 0, 0)], 'motion')[0]?.length).toBe(0))

  test.each([
    [[counts('m', 'a', 4, 1, 1), counts('m', 'b', 3, 1, 1)], []],
    [
      [counts('m', 'a', 40, 5, 5), counts('m', 'b', 8, 1, 1)],
      ['The largest class has 5 times as many videos as the smallest.'],
    ],
    [
      [counts('m', 'a', 4, 0, 1), counts('m', 'b', 3, 1, 1)],
      ['The class a of the label set m has no validation videos. The validation accuracy leaves it out.'],
    ],
    [
      [counts('m', 'a', 0, 0, 2), counts('m', 'b', 3, 0, 0)],
      [
        'The label set m has no validation videos. Fine-tuning then measures no validation accuracy.',
        'The class a of the label set m has no training videos. A classifier cannot learn it, and its test videos (2) count as errors.',
        'The class b of the label set m has no test videos. The test does not measure it.',
      ],
    ],
    [[counts('m', null, 90, 0, 0), counts('m', 'a', 3, 1, 1), counts('m', 'b', 3, 1, 1)], []],
  ])('warnings %#', (entries, sentences) => expect(balanceWarnings(entries, 'm')).toEqual(sentences))
})

test('training samples are counted in one label set, with those that have no class', () => {
  const row = { validation: 1, test: 2 }
  const balance = [
    { ...row, labelSet: 'action', label: 'fall', train: 5 },
    { ...row, labelSet: 'action', label: null, train: 4 },
    { ...row, labelSet: 'place', label: 'bed', train: 9 },
  ]
  const labelSets = ['action', 'place'].map((name) => ({ name, classes: [] }))
  expect(trainingSamplesOf({ labelSets, balance, sampleCount: 18 })).toBe(9)
  expect(trainingSamplesOf({ labelSets: [], balance: [], sampleCount: 18 })).toBe(18)
})
