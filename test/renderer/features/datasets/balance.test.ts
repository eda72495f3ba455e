import { describe, expect, test } from 'vitest'
import { balanceRows, balanceWarning } from '#renderer/features/datasets/balance.ts'

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
    [[counts('m', 'a', 4, 1, 1), counts('m', 'b', 3, 1, 1)], ''],
    [
      [counts('m', 'a', 40, 5, 5), counts('m', 'b', 8, 1, 1)],
      'The largest class has 5 times as many videos as the smallest.',
    ],
    [[counts('m', 'a', 4, 0, 1), counts('m', 'b', 3, 1, 1)], 'a has no videos in the validation split.'],
    [
      [counts('m', 'a', 0, 0, 1), counts('m', 'b', 3, 0, 1)],
      'a has no videos in the training split; a, b have no videos in the validation split.',
    ],
    [[counts('m', null, 90, 0, 0), counts('m', 'a', 3, 1, 1)], ''],
  ])('warning %#', (entries, sentence) => expect(balanceWarning(balanceRows(entries, 'm'))).toBe(sentence))
})
