import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import { parseCsv } from '#main/datasets/csv.ts'
import { type LabelledPath, parseLabels } from '#main/datasets/labels.ts'
import { scanVideos } from '#main/datasets/scan.ts'
import { drawSplits, splitCounts } from '#main/datasets/split.ts'
import { folderOf, temporaryFolder } from '../support.ts'

test.each([
  {
    why: 'plain',
    text: 'a,b\nc,d\n',
    rows: [
      [1, 'a', 'b'],
      [2, 'c', 'd'],
    ],
  },
  {
    why: 'no line end at the end, blank lines, Windows line ends, a byte order mark',
    text: '\uFEFFa,b\r\n\r\nc, d ',
    rows: [
      [1, 'a', 'b'],
      [3, 'c', 'd'],
    ],
  },
  {
    why: 'quotes',
    text: '"a,1","say ""b"""\n"two\nlines",x\ny,z',
    rows: [
      [1, 'a,1', 'say "b"'],
      [2, 'two\nlines', 'x'],
      [4, 'y', 'z'],
    ],
  },
  {
    why: 'empty cells',
    text: ',\n,x',
    rows: [
      [1, '', ''],
      [2, '', 'x'],
    ],
  },
  { why: 'nothing', text: '', rows: [] },
])('csv: $why', ({ text, rows }) => {
  expect(parseCsv(text).map(({ line, cells }) => [line, ...cells])).toEqual(rows)
})

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

const labelled = (path: string, label: string | null, split: LabelledPath['split'] = null): LabelledPath => ({
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

const paths = new Set(['a/1.mp4', 'a/2.mp4'])
function refused(text: string): string {
  try {
    parseLabels(text, '/data/labels.csv', paths)
  } catch (cause) {
    if (cause instanceof StudioError) return cause.message
    throw cause
  }
  return 'nothing'
}

test('labels.csv gives split and classes; empty cells are not known', () => {
  expect(parseLabels('path,split,shape,motion\na/1.mp4,test,disc,\na/2.mp4,,,spin\n', 'labels.csv', paths)).toEqual([
    { path: 'a/1.mp4', split: 'test', labels: { shape: 'disc', motion: null } },
    { path: 'a/2.mp4', split: null, labels: { shape: null, motion: 'spin' } },
  ])
})

test('a wrong labels.csv is named with its line', () => {
  expect([
    refused(''),
    refused('file,split\n'),
    refused('path,split,My Labels\n'),
    refused('path,split,a,a\n'),
    refused('path,split,a\na/1.mp4,train\n'),
    refused('path,split\n\na/3.mp4,train\n'),
    refused('path,split\na/1.mp4,train\na/1.mp4,test\n'),
    refused('path,split\na/1.mp4,val\n'),
  ]).toMatchInlineSnapshot(`
    [
      "/data/labels.csv, line 1: the header must begin with path,split and then name the label sets.",
      "/data/labels.csv, line 1: the header must begin with path,split and then name the label sets.",
      "/data/labels.csv, line 1: the label set "My Labels" has a name that cannot be used.",
      "/data/labels.csv, line 1: the label set "a" appears twice.",
      "/data/labels.csv, line 2: 2 cells where the header has 3.",
      "/data/labels.csv, line 3: there is no video "a/3.mp4" in the folder.",
      "/data/labels.csv, line 3: the video "a/1.mp4" appears twice.",
      "/data/labels.csv, line 2: the split "val" is not one of train, validation, test.",
    ]
  `)
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
