import { expect, test } from 'vitest'
import { readAnnotations } from '#main/datasets/formats/index.ts'

const read = (...videos: string[]) =>
  readAnnotations({ root: '/', videos, leftOut: [], otherPaths: new Map(), hasPictures: false })

test('the first folder of each path is its class', () => {
  const { annotations, source, warnings } = read('2.mp4', 'a/b/1.mp4')
  expect(annotations).toEqual([
    { path: '2.mp4', split: null, labels: { class: null } },
    { path: 'a/b/1.mp4', split: null, labels: { class: 'a' } },
  ])
  expect({ source, warnings }).toEqual({
    source: { format: 'folder-per-class' },
    warnings: ['1 video is in no folder of a class and has no class: 2.mp4. Fine-tuning and the test do not use it.'],
  })
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
    readAnnotations({ root: '/', videos, leftOut, otherPaths: new Map(), hasPictures: false }).warnings
  expect(warningsOf('a/1.mp4')).toEqual(['The folders c and d have no videos that can be used and are not classes.'])
  expect(warningsOf('a/1.mp4', 'c/1.mp4')).toEqual(['The folder d has no video that can be used and is not a class.'])
})

test('videos in no folder at all are a note', () =>
  expect(read('1.mp4', '2.mp4')).toMatchObject({
    warnings: [],
    notes: ['No video is in a folder of a class, so none has a class.'],
  }))

test('folders whose names contain those of splits are classes, and a warning says so', () => {
  expect(read('train_256/a/1.mp4', 'train_256/b/2.mp4', 'videos-val/a/3.mp4').warnings).toEqual([
    'The folders train_256 and videos-val were read as classes, not as splits, because their names are not those of splits alone. If they are splits, rename them to train and val, and import the folder again.',
  ])
  // Names of classes that contain such a word.
  expect(read('train_ride/1.mp4', 'test_drive/1.mp4').warnings).toEqual([])
  expect(read('train_ride/x/1.mp4', 'test_drive/x/1.mp4', 'walk/x/1.mp4').warnings).toEqual([])
})

test('a folder above those of the splits is a warning that names it', () =>
  expect(read('videos/train/a/1.mp4', 'videos/val/b/2.mp4').warnings).toEqual([
    'The folders train and val in videos are named like splits and were not used as such: videos was read as the only class. Import the folder /videos instead.',
  ]))

test('folders of splits below those of the classes are a warning', () =>
  expect(read('walk/train/1.mp4', 'walk/test/2.mp4', 'fall/train/3.mp4').warnings).toEqual([
    'The folders train and test below those of the classes are named like splits and were not used as such: splits were drawn. Use folders SPLIT/CLASS/video or write a labels.csv.',
  ]))
