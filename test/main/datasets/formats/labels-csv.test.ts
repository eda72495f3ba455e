import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { array, assert, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import { canonicalName } from '#contract/canonical-name.ts'
import { readAnnotations } from '#main/datasets/formats/index.ts'
import { parseLabels } from '#main/datasets/formats/labels-csv.ts'
import { ListedPaths } from '#main/datasets/formats/listed-paths.ts'
import { scanFolder } from '#main/datasets/scan.ts'
import { folderOf } from '../../support.ts'

const paths = new ListedPaths({
  root: '/data',
  videos: ['a/1.mp4', 'a/2.mp4'],
  leftOut: [
    { path: 'b', reason: 'link' },
    { path: 'a/3.xyz', reason: 'ending' },
    { path: 'a/f\\xE4llen.mp4', reason: 'name-encoding' },
  ],
  otherPaths: new Map(),
  hasPictures: false,
})
function refused(text: string): string {
  try {
    parseLabels(text, '/data/labels.csv', paths)
  } catch (cause) {
    if (cause instanceof StudioError) return cause.message
    throw cause
  }
  return 'nothing'
}

const both = [
  { path: 'a/1.mp4', split: 'test', labels: { shape: 'disc', motion: null } },
  { path: 'a/2.mp4', split: null, labels: { shape: null, motion: 'spin' } },
]

test.each([
  ['commas', 'path,split,shape,motion\na/1.mp4,test,disc,\na/2.mp4,,,spin\n', ','],
  ['semicolons', 'path;split;shape;motion\na/1.mp4;test;disc;\na/2.mp4;;;spin\n', ';'],
  ['tabs', 'path\tsplit\tshape\tmotion\na/1.mp4\ttest\tdisc\t\na/2.mp4\t\t\tspin\n', '\t'],
  ['the mark of Excel', 'sep=;\r\npath;split;shape;motion\r\na/1.mp4;test;disc;\r\na/2.mp4;;;spin\r\n', ';'],
  ['blanks and quotes', ' "Path" , Split ,shape, MOTION\n a\\1.mp4 , Test , disc ,\n./a/2.mp4,,,spin,,\n', ','],
])('labels.csv with %s gives split and classes; empty cells are not known', (_why, text, delimiter) =>
  expect(parseLabels(text, 'labels.csv', paths)).toEqual({ delimiter, annotations: both, missing: [] }),
)

test('splits may be written as in other datasets', () =>
  expect(
    parseLabels('path,split\na/1.mp4,VAL\na/2.mp4,training\n', 'labels.csv', paths).annotations.map(
      ({ split }) => split,
    ),
  ).toEqual(['validation', 'train']))

test('listed files that cannot be used are left out with the reason', () =>
  expect(
    parseLabels(
      'path,split\na/1.mp4,train\nA/1.MP4,train\n2.mp4,test\na/2,test\nb/1.mp4,train\na/3.xyz,test\na/fällen.mp4,test\nnone.mp4,test\n',
      'labels.csv',
      paths,
    ).missing.map(({ path, reason }) => `${path}: ${reason}`),
  ).toEqual([
    'A/1.MP4: The file is not in the folder. There is a/1.mp4.',
    '2.mp4: The file is not in the folder. There is a/2.mp4.',
    'a/2: The file is not in the folder. There is a/2.mp4.',
    'b/1.mp4: The file is behind a link, and links were not followed.',
    'a/3.xyz: Its ending is not one of a video format.',
    'a/fällen.mp4: The name of the file on the disk is not UTF-8. Rename the file.',
    'none.mp4: The file is not in the folder.',
  ]))

test('a path is found as it is, decomposed, with the other slash, and with blanks', () => {
  const segment = string({ unit: 'grapheme', minLength: 1 }).filter(
    (name) => !/[/\\\0]/.test(name) && canonicalName(name) !== '' && !/^\.+$/.test(canonicalName(name)),
  )
  assert(
    property(array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
      const path = segments.join('/')
      const found = new ListedPaths({
        root: '/data',
        videos: [path],
        leftOut: [],
        otherPaths: new Map(),
        hasPictures: false,
      })
      for (const listed of [path, path.normalize('NFD'), path.normalize('NFC'), segments.join('\\'), ` ./${path} `])
        expect(found.find(listed)).toEqual({ path })
    }),
  )
})

test('a wrong labels.csv is named with its line', () => {
  expect([
    refused(''),
    refused('file,split\n'),
    refused('path,split,My Labels\n'),
    refused('path,split,a,A\n'),
    refused('path,split,a\na/1.mp4,train\n'),
    refused('path,split\na/1.mp4,train\na/1.mp4,test\n'),
    refused('path,split\na/1.mp4,dev\n'),
    refused('path,split\n\n"a/1.mp4,val\n'),
    refused('path,split\n"a/1".mp4,val\n'),
  ]).toMatchInlineSnapshot(`
    [
      "/data/labels.csv, line 1: the header must begin with path,split and then name the label sets. The file is empty.",
      "/data/labels.csv, line 1: the header must begin with path,split and then name the label sets. It begins with "file,split".",
      "/data/labels.csv, line 1: "my labels" is not a valid name for a label set.",
      "/data/labels.csv, line 1: the label set "a" appears twice.",
      "/data/labels.csv, line 2: the row has 2 cells, but the header has 3.",
      "/data/labels.csv, line 3: the video "a/1.mp4" appears twice; line 2 has it too.",
      "/data/labels.csv, line 2: the split "dev" is not one of train, validation, test.",
      "/data/labels.csv, line 3: a quoted cell is not closed correctly.",
      "/data/labels.csv, line 2: a quoted cell is not closed correctly.",
    ]
  `)
})

test('all faulty lines are named at once', () => {
  expect(
    refused(
      'path,split,a\na/1.mp4,train\na/1.mp4,dev,x\n,train,x\nnone.mp4,train,x\nnone.mp4,train,x\na\\1.mp4,test,y\n',
    ),
  ).toMatchInlineSnapshot(`
    "/data/labels.csv has 6 faults:
    line 2: the row has 2 cells, but the header has 3.
    line 3: the split "dev" is not one of train, validation, test.
    line 3: the video "a/1.mp4" appears twice; line 2 has it too.
    line 4: the path is empty.
    line 6: the video "none.mp4" appears twice; line 5 has it too.
    line 7: the video "a\\1.mp4" appears twice; line 2 has it too, there as "a/1.mp4"."
  `)
  const rows = Array.from({ length: 30 }, () => 'a/1.mp4,dev')
  expect(refused(`path,split\n${rows.join('\n')}\n`)).toMatch(/ has 59 faults:\n(line .*\n){10}and 49 more$/)
})

/** Reads the annotations of a new folder with these files. */
function read(files: Record<string, string | Buffer>) {
  const root = folderOf(Object.fromEntries(Object.keys(files).map((path) => [path, ''])))
  for (const [path, content] of Object.entries(files)) writeFileSync(join(root, path), content)
  return readAnnotations(scanFolder(root))
}

describe('in a folder', () => {
  test('labels.csv decides which videos belong to the dataset, in any letter case', () => {
    const { annotations, source } = read({ 'a/1.mp4': '', 'a/2.mp4': '', 'Labels.CSV': 'path,split\na/2.mp4,train\n' })
    expect(annotations).toEqual([{ path: 'a/2.mp4', split: 'train', labels: {} }])
    expect(source).toEqual({ format: 'labels-csv', file: 'Labels.CSV', encoding: 'UTF-8', delimiter: ',' })
  })

  test('two files with labels are refused', () =>
    expect(() => read({ 'a.mp4': '', 'labels.csv': '', 'Labels.csv': '' })).toThrow(
      /contains several files with labels: Labels.csv, labels.csv\.$/,
    ))

  test.each([
    ['NFC', 'NFD'],
    ['NFD', 'NFC'],
  ])('a path listed in %s is found on a disk that has it in %s', (listed, stored) => {
    const name = 'fällen/é.mp4'
    const { annotations, missing } = read({
      [name.normalize(stored)]: '',
      'labels.csv': `path,split\n${name.normalize(listed)},train\n`,
    })
    expect({ paths: annotations.map(({ path }) => path), missing }).toEqual({
      paths: [name.normalize(stored)],
      missing: [],
    })
  })

  test('classes in Windows-1252 stay two, and the encoding is a warning', () => {
    const { annotations, warnings } = read({
      '1.mp4': '',
      '2.mp4': '',
      'labels.csv': Buffer.from('path;split;class\n1.mp4;train;fällen\n2.mp4;test;füllen\n', 'latin1'),
    })
    expect(annotations.map(({ labels }) => labels['class'])).toEqual(['fällen', 'füllen'])
    expect(warnings).toEqual([
      'labels.csv is not UTF-8. It was read as windows-1252, judged by its letters: "fällen", "füllen". If they are wrong, save the file as UTF-8 and import the folder again.',
    ])
  })

  test('classes that look the same are one with a note; upper and lower case stay apart with a warning', () => {
    const names = ['café', 'cafe\u0301', 'tai chi', 'tai  chi', 'Walk', 'walk']
    const { annotations, notes, warnings } = read({
      ...Object.fromEntries(names.map((_, index) => [`${index}.mp4`, ''])),
      'labels.csv': `path,split,class\n${names.map((name, index) => `${index}.mp4,train,${name}\n`).join('')}`,
    })
    expect(annotations.map(({ labels }) => labels['class'])).toEqual([
      'café',
      'café',
      'tai chi',
      'tai chi',
      'Walk',
      'walk',
    ])
    expect({ notes, warnings }).toMatchInlineSnapshot(`
      {
        "notes": [
          "In the label set class, names that look the same were read as one class (they differ in blanks or in how accents are stored): "café" and "tai chi".",
        ],
        "warnings": [
          "In the label set class, the classes "Walk" and "walk" differ only in upper and lower case. They are separate classes.",
        ],
      }
    `)
  })

  test('folders of splits do not decide for rows without a split, with a warning', () =>
    expect(read({ 'train/1.mp4': '', 'labels.csv': 'path,split\ntrain/1.mp4,\n' }).warnings).toEqual([
      'labels.csv gives no split for 1 video in folders that are named like splits. Their splits were drawn; the folders do not count.',
    ]))
})
