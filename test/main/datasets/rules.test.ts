import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Annotation } from '#main/datasets/formats/format.ts'
import { scanVideos } from '#main/datasets/scan.ts'
import { drawSplits, splitCounts } from '#main/datasets/split.ts'
import { folderOf, temporaryFolder } from '../support.ts'

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

test('the split depends on seed and paths alone, not on the order', () => {
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

test('a split that is given stays', () => {
  const splits = drawSplits([labelled('x', 'a', 'validation'), labelled('y', 'a', 'test'), labelled('z', 'a')], 0)
  expect([...splits]).toEqual([
    ['x', 'validation'],
    ['y', 'test'],
    ['z', 'train'],
  ])
})

test('videos are found below the folder: hidden ones, other files, and links that lead out are left alone', () => {
  const outside = folderOf({ 'secret.mp4': '', 'more/x.mp4': '' })
  const root = folderOf({
    'b/2.MP4': '',
    'a/deep/er/1.webm': '',
    'top.avi': '',
    'a/notes.txt': '',
    '.hidden.mp4': '',
    '.trash/old.mp4': '',
  })
  symlinkSync(join(outside, 'secret.mp4'), join(root, 'a', 'leads-out.mp4'))
  symlinkSync(join(outside, 'more'), join(root, 'folder-leads-out'))
  symlinkSync(root, join(root, 'circle'))
  symlinkSync(join(root, 'gone'), join(root, 'dangling.mp4'))
  symlinkSync(join(root, 'top.avi'), join(root, 'within.avi'))
  expect(scanVideos(root)).toEqual(['a/deep/er/1.webm', 'b/2.MP4', 'top.avi', 'within.avi'])
})

test('a folder called like a video is a folder', () => {
  const root = temporaryFolder()
  mkdirSync(join(root, 'clip.mp4'))
  writeFileSync(join(root, 'clip.mp4', 'part.mp4'), '')
  expect(scanVideos(root)).toEqual(['clip.mp4/part.mp4'])
})
