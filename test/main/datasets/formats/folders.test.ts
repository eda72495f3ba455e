import { expect, test } from 'vitest'
import { readAnnotations } from '#main/datasets/formats/index.ts'

const read = (...videos: string[]) => readAnnotations({ root: '/', videos, leftOut: [], otherPaths: new Map() })

test('the first folder of each path is its class', () => {
  const { annotations, source, warnings } = read('2.mp4', 'a/b/1.mp4')
  expect(annotations).toEqual([
    { path: '2.mp4', split: null, labels: { class: null } },
    { path: 'a/b/1.mp4', split: null, labels: { class: 'a' } },
  ])
  expect({ source, warnings }).toEqual({ source: { format: 'folder-per-class' }, warnings: [] })
})

test('folders of splits give the splits, and the folders below give the classes', () => {
  const { annotations, source, warnings } = read('Train/a/1.mp4', 'TEST/b/2.mp4', 'valid/a/x/3.mp4', 'training/b/4.mp4')
  expect(annotations).toEqual([
    { path: 'Train/a/1.mp4', split: 'train', labels: { class: 'a' } },
    { path: 'TEST/b/2.mp4', split: 'test', labels: { class: 'b' } },
    { path: 'valid/a/x/3.mp4', split: 'validation', labels: { class: 'a' } },
    { path: 'training/b/4.mp4', split: 'train', labels: { class: 'b' } },
  ])
  expect(source).toEqual({
    format: 'split-folders',
    folders: [
      { name: 'Train', split: 'train' },
      { name: 'TEST', split: 'test' },
      { name: 'valid', split: 'validation' },
      { name: 'training', split: 'train' },
    ],
  })
  expect(warnings).toEqual([])
})

test.each([
  ['another folder beside them', ['train/a/1.mp4', 'test/a/2.mp4', 'walk/1.mp4']],
  ['videos without a class', ['train/1.mp4', 'test/a/2.mp4']],
  ['a video beside them', ['train/a/1.mp4', 'test/a/2.mp4', '1.mp4']],
  ['one class that is called like a split', ['test/1.mp4', 'walk/1.mp4']],
])('with %s, folders named like splits are classes, and a warning says so', (_why, videos) => {
  const { source, warnings } = read(...videos)
  expect(source).toEqual({ format: 'folder-per-class' })
  expect(warnings).toMatchSnapshot()
})

test('folders whose files cannot be used are a warning', () => {
  const leftOut = ['a/1.xyz', 'b/', 'c/2.xyz', 'd/.hidden/', '.trash/'].map((path) => ({
    path,
    reason: 'ending' as const,
  }))
  const warningsOf = (...videos: string[]) =>
    readAnnotations({ root: '/', videos, leftOut, otherPaths: new Map() }).warnings
  expect(warningsOf('a/1.mp4')).toEqual(['The folders c and d have no videos that can be used and are not classes.'])
  expect(warningsOf('a/1.mp4', 'c/1.mp4')).toEqual(['The folder d has no video that can be used and is not a class.'])
})

test('folders of splits below those of the classes are a warning', () =>
  expect(read('walk/train/1.mp4', 'walk/test/2.mp4', 'fall/train/3.mp4').warnings).toEqual([
    'The folders train and test below those of the classes are named like splits and were not used as such: splits were drawn. Use folders SPLIT/CLASS/video or write a labels.csv.',
  ]))
