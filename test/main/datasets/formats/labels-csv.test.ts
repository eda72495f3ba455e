import { expect, test } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import { readAnnotations } from '#main/datasets/formats/index.ts'
import { parseLabels, readRows } from '#main/datasets/formats/labels-csv.ts'
import { folderOf } from '../../support.ts'

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
  { why: 'a quote inside an unquoted cell', text: 'a,5" tall', rows: [[1, 'a', '5" tall']] },
  { why: 'nothing', text: '', rows: [] },
])('csv: $why', ({ text, rows }) => {
  expect(readRows(text, 'labels.csv').map(({ line, cells }) => [line, ...cells])).toEqual(rows)
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
    refused('path,split\n\n"a/1.mp4,val\n'),
    refused('path,split\n"a/1".mp4,val\n'),
  ]).toMatchInlineSnapshot(`
    [
      "/data/labels.csv, line 1: the header must begin with path,split and then name the label sets.",
      "/data/labels.csv, line 1: the header must begin with path,split and then name the label sets.",
      "/data/labels.csv, line 1: "My Labels" is not a valid name for a label set.",
      "/data/labels.csv, line 1: the label set "a" appears twice.",
      "/data/labels.csv, line 2: the row has 2 cells, but the header has 3.",
      "/data/labels.csv, line 3: there is no video "a/3.mp4" in the folder.",
      "/data/labels.csv, line 3: the video "a/1.mp4" appears twice.",
      "/data/labels.csv, line 2: the split "val" is not one of train, validation, test.",
      "/data/labels.csv, line 3: a quoted cell is not closed correctly.",
      "/data/labels.csv, line 2: a quoted cell is not closed correctly.",
    ]
  `)
})

test('without labels.csv, the first folder of each path is its class', () => {
  expect(readAnnotations(folderOf({ 'a/b/1.mp4': '' }), ['a/b/1.mp4', '2.mp4'])).toEqual([
    { path: 'a/b/1.mp4', split: null, labels: { class: 'a' } },
    { path: '2.mp4', split: null, labels: { class: null } },
  ])
})

test('labels.csv decides which videos belong to the dataset', () => {
  const root = folderOf({ 'a/1.mp4': '', 'a/2.mp4': '', 'labels.csv': 'path,split\na/2.mp4,train\n' })
  expect(readAnnotations(root, ['a/1.mp4', 'a/2.mp4'])).toEqual([{ path: 'a/2.mp4', split: 'train', labels: {} }])
})
