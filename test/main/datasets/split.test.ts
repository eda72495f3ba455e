import { expect, test } from 'vitest'
import type { Annotation } from '#main/datasets/formats/format.ts'
import { drawSplits, splitCounts } from '#main/datasets/split.ts'

test.each([
  [0, { train: 0, validation: 0, test: 0 }],
  [1, { train: 1, validation: 0, test: 0 }],
  [2, { train: 1, validation: 0, test: 1 }],
  [3, { train: 2, validation: 0, test: 1 }],
  [5, { train: 3, validation: 1, test: 1 }],
  [10, { train: 7, validation: 1, test: 2 }],
  [100, { train: 70, validation: 10, test: 20 }],
])('%i videos of a class are split', (total, counts) => {
  expect(splitCounts(total)).toEqual(counts)
})

const labelled = (path: string, label: string | null, split: Annotation['split'] = null): Annotation => ({
  path,
  split,
  labels: { class: label },
})
const videos = Array.from({ length: 40 }, (_, index) =>
  labelled(`v${index}.mp4`, index < 20 ? 'a' : index < 38 ? 'b' : null),
)

test('the split depends only on seed and paths, not on the order', () => {
  const splits = drawSplits(videos, 7)
  expect(drawSplits(videos.toReversed(), 7)).toEqual(new Map([...splits].toReversed()))
  expect(drawSplits(videos, 8)).not.toEqual(splits)
  const count = (label: string, split: string) =>
    videos.filter((video) => video.labels['class'] === label && splits.get(video.path) === split).length
  expect(['train', 'validation', 'test'].map((split) => [count('a', split), count('b', split)])).toEqual([
    [14, 12],
    [2, 2],
    [4, 4],
  ])
})

test('given splits stay', () => {
  const splits = drawSplits([labelled('x', 'a', 'validation'), labelled('y', 'a', 'test'), labelled('z', 'a')], 0)
  expect([...splits]).toEqual([
    ['x', 'validation'],
    ['y', 'test'],
    ['z', 'train'],
  ])
})
