import { expect, test } from 'vitest'
import { coverageWarnings } from '#contract/domain/class-coverage.ts'
import type { ClassBalance } from '#contract/domain/dataset.ts'

const counts = (label: string | null, train: number, validation: number, tested: number): ClassBalance => ({
  labelSet: 'class',
  label,
  train,
  validation,
  test: tested,
})

test('no warning if each class has training and test videos; other label sets and videos without a class do not count', () => {
  const balance = [
    counts('a', 3, 0, 1),
    counts('b', 3, 0, 1),
    counts(null, 9, 0, 0),
    { ...counts('c', 0, 0, 1), labelSet: 'other' },
  ]
  expect(coverageWarnings(balance, 'class')).toEqual([])
  expect(coverageWarnings(balance, 'none')).toEqual([])
})

test('names the classes without training videos and those without test videos, and what follows', () => {
  const balance = [counts('a', 3, 1, 1), counts('b', 3, 1, 1), counts('c', 3, 1, 0), counts('d', 0, 1, 3)]
  expect(coverageWarnings(balance, 'class')).toEqual([
    'The class d of the label set class has no training videos. A classifier cannot learn it, and its test videos (3) count as errors.',
    'The class c of the label set class has no test videos. The test does not measure it.',
  ])
  expect(coverageWarnings(balance, 'class', ['train'])).toHaveLength(1)
  expect(coverageWarnings(balance, 'class', ['validation'])).toEqual([])
})

test('a class with validation videos alone is in both sentences; several classes are listed', () => {
  const balance = [counts('a', 3, 0, 1), counts('b', 0, 2, 0), counts('c', 0, 0, 1)]
  expect(coverageWarnings(balance, 'class', ['train', 'test', 'validation'])).toEqual([
    'The classes b and c of the label set class have no training videos. A classifier cannot learn them, and their test videos (1) count as errors.',
    'The class b of the label set class has no test videos. The test does not measure it.',
    'The classes a and c of the label set class have no validation videos. The validation accuracy leaves them out.',
  ])
})

test('a split without videos is one sentence, not a list of all classes', () => {
  const balance = [counts('a', 3, 0, 0), counts('b', 3, 0, 0)]
  expect(coverageWarnings(balance, 'class')).toEqual(['The label set class has no test videos. The test needs them.'])
})

test('one class is too few', () => {
  expect(coverageWarnings([counts('a', 3, 0, 1)], 'class')).toEqual([
    'The label set class has only one class, a. Fine-tuning and the test need at least two.',
  ])
})

test('of many classes, the first are named and the others counted', () => {
  const balance = [counts('a', 3, 0, 1), ...Array.from({ length: 300 }, (_, index) => counts(`k${index}`, 1, 0, 0))]
  expect(coverageWarnings(balance, 'class')).toEqual([
    'The classes k0, k1, k2, k3, k4, k5, k6, and 293 more of the label set class have no test videos. The test does not measure them.',
  ])
})
