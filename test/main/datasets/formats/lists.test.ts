import { expect, test } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import { readAnnotations } from '#main/datasets/formats/index.ts'
import { scanFolder } from '#main/datasets/scan.ts'
import { folderOf } from '../../support.ts'

// The lists as they are published, with the quirks of their copies.

const read = (files: Record<string, string>) => readAnnotations(scanFolder(folderOf(files)))
const videos = (...paths: string[]) => Object.fromEntries(paths.map((path) => [path, '']))

/** One line per video: path, split (or split by split set), class, part. */
const lines = ({ annotations }: ReturnType<typeof read>) =>
  annotations.map(({ path, split, splits, labels, part }) =>
    [
      path,
      splits === undefined ? split : Object.entries(splits).map(([set, of]) => `${set} ${of}`),
      labels['class'],
      ...(part === undefined ? [] : [`${part.startMs}–${part.endMs} ms`]),
    ].join(' | '),
  )
function reasonOf(action: () => unknown): string {
  try {
    action()
  } catch (cause) {
    if (cause instanceof StudioError) return cause.message
    throw cause
  }
  return 'nothing'
}
const absent = ({ missing }: ReturnType<typeof read>) => missing.map(({ path, reason }) => `${path}: ${reason}`)

test('UCF101: three official splits, an index from 1 in training lists only', () => {
  const found = read({
    ...videos(
      'UCF-101/ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi',
      'UCF-101/ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi',
      'UCF-101/YoYo/v_YoYo_g01_c02.mp4',
    ),
    'ucfTrainTestlist/classInd.txt': '1 ApplyEyeMakeup\r\n2 YoYo\r\n',
    'ucfTrainTestlist/trainlist01.txt':
      'ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1\r\nYoYo/v_YoYo_g01_c02.avi 2\r\nYoYo/v_YoYo_g01_c03.avi 2\r\n',
    'ucfTrainTestlist/testlist01.txt': 'ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi\r\n',
    'ucfTrainTestlist/trainlist02.txt': 'ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi 1\n',
    'ucfTrainTestlist/testlist02.txt': 'YoYo/v_YoYo_g01_c02.avi\n',
  })
  expect(lines(found)).toMatchInlineSnapshot(`
    [
      "UCF-101/ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi | split-1 test,split-2 train | ApplyEyeMakeup",
      "UCF-101/YoYo/v_YoYo_g01_c02.mp4 | split-2 test,split-1 train | YoYo",
      "UCF-101/ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi | split-1 train | ApplyEyeMakeup",
    ]
  `)
  expect(absent(found)).toMatchInlineSnapshot(`
    [
      "YoYo/v_YoYo_g01_c03.avi: The file is not in the folder.",
    ]
  `)
  expect([found.source, found.notes]).toMatchInlineSnapshot(`
    [
      {
        "files": [
          "ucfTrainTestlist/classInd.txt",
          "ucfTrainTestlist/testlist01.txt",
          "ucfTrainTestlist/testlist02.txt",
          "ucfTrainTestlist/trainlist01.txt",
          "ucfTrainTestlist/trainlist02.txt",
        ],
        "format": "lists",
        "layout": "UCF101",
      },
      [
        "It has the official splits 1 and 2, without a validation.",
      ],
    ]
  `)
})

test('UCF101: an index that contradicts the folder, and a video in both lists of a split, name file and line', () => {
  const files = {
    ...videos('YoYo/v_YoYo_g01_c02.avi'),
    'classInd.txt': '1 ApplyEyeMakeup\n2 YoYo\n',
    'trainlist01.txt': 'YoYo/v_YoYo_g01_c02.avi 1\nYoYo/v_YoYo_g01_c02.avi 3\n',
  }
  expect(reasonOf(() => read(files)).replace(/^.*\/(?=trainlist)/, '')).toMatchInlineSnapshot(`
    "trainlist01.txt has 2 faults:
    line 1: class 1 is ApplyEyeMakeup, but the folder is YoYo.
    line 2: classInd.txt has no class 3."
  `)
  const both = {
    ...files,
    'trainlist01.txt': 'YoYo/v_YoYo_g01_c02.avi 2\n',
    'testlist01.txt': 'YoYo/v_YoYo_g01_c02.avi\n',
  }
  expect(reasonOf(() => read(both)).replace(/^.*\/(?=t\w+list)/, '')).toMatchInlineSnapshot(
    `"trainlist01.txt, line 1: "YoYo/v_YoYo_g01_c02.avi" is in two lists of split 1."`,
  )
})

test('HMDB51: 1 is training, 2 is test, 0 is neither', () => {
  const found = read({
    ...videos('hmdb51/brush_hair/a (1)_b.avi', 'hmdb51/brush_hair/c.avi', 'hmdb51/catch/c.avi'),
    'testTrainMulti_7030_splits/brush_hair_test_split1.txt': 'a (1)_b.avi 1 \nc.avi 0 \n',
    'testTrainMulti_7030_splits/brush_hair_test_split2.txt': 'a (1)_b.avi 2 \nc.avi 1 \n',
    'testTrainMulti_7030_splits/catch_test_split1.txt': 'c.avi 2 \nd.avi 1 \n',
  })
  expect(lines(found)).toMatchInlineSnapshot(`
    [
      "hmdb51/brush_hair/a (1)_b.avi | split-1 train,split-2 test | brush_hair",
      "hmdb51/brush_hair/c.avi | split-2 train | brush_hair",
      "hmdb51/catch/c.avi | split-1 test | catch",
    ]
  `)
  expect(absent(found)).toMatchInlineSnapshot(`
    [
      "catch/d.avi: The file is not in the folder.",
    ]
  `)
})

test('a video in the folder of another class, or one that two lines could mean, is not taken', () => {
  const found = read({
    ...videos('hmdb51/brush_hair/c.avi', 'hmdb51/catch/d.avi'),
    'brush_hair_test_split1.txt': 'd.avi 1\nc.avi 1\n',
    'catch_test_split1.txt': 'c.avi 2\n',
  })
  expect(lines(found)).toEqual(['hmdb51/brush_hair/c.avi | split-1 train | brush_hair'])
  expect(absent(found)).toMatchInlineSnapshot(`
    [
      "brush_hair/d.avi: The file is not in the folder. There is hmdb51/catch/d.avi.",
      "catch/c.avi: The file is not in the folder. There is hmdb51/brush_hair/c.avi.",
    ]
  `)
  const twice = read({ ...videos('v/1.mp4', 'v/2.mp4'), 'train.txt': 'a/1.mp4 x\nb/1.mp4 y\nb/2.mp4 y\n' })
  expect(lines(twice)).toEqual(['v/2.mp4 | train | y'])
  expect(absent(twice)).toMatchInlineSnapshot(`
    [
      "a/1.mp4: The file v/1.mp4 may be meant, but "b/1.mp4" means it too.",
      "b/1.mp4: The file v/1.mp4 may be meant, but "a/1.mp4" means it too.",
    ]
  `)
})

test('Kinetics: cut videos by id and seconds, parts of whole ones, blanks in classes, a test without labels', () => {
  const found = read({
    ...videos(
      'train/riding a bike/-abc_DEF123_000010_000020.mp4',
      'train/riding a bike/-abc_DEF123_000030_000040.mp4',
      'whole/xyz12345678.webm',
      'test/q_000000_000010.mkv',
    ),
    'annotations/train.csv': `label,youtube_id,time_start,time_end,split,is_cc
"riding a bike",-abc_DEF123,10,20,train,0
riding a bike,-abc_DEF123,30,40,train,0
"eating, slowly",xyz12345678,5,15,train,1
`,
    'annotations/validate.csv': 'label,youtube_id,time_start,time_end\nabseiling,gone,0,10\n',
    'annotations/test.csv': 'youtube_id,time_start,time_end,split\nq,0,10,test\n',
  })
  expect(lines(found)).toMatchInlineSnapshot(`
    [
      "test/q_000000_000010.mkv | test | ",
      "train/riding a bike/-abc_DEF123_000010_000020.mp4 | train | riding a bike",
      "train/riding a bike/-abc_DEF123_000030_000040.mp4 | train | riding a bike",
      "whole/xyz12345678.webm | train | eating, slowly | 5000–15000 ms",
    ]
  `)
  expect(absent(found)).toMatchInlineSnapshot(`
    [
      "gone_000000_000010: The file is not in the folder.",
    ]
  `)
})

test('Kinetics: faulty lines are all named', () => {
  const reason = reasonOf(() =>
    read({
      ...videos('a_000000_000010.mp4'),
      'k.csv': `label,youtube_id,time_start,time_end,split
x,a,0,10,train
x,a,0,10,val
x,,0,10,val
x,b,10,10,val
x,c,,10,val
x,d,0,10,holdout
`,
    }),
  )
  expect(reason.replace(/^.*\/(?=k\.csv)/, '')).toMatchInlineSnapshot(`
    "k.csv has 5 faults:
    line 3: this part of a is listed before, in k.csv, line 2.
    line 4: youtube_id is empty.
    line 5: time_end "10" is not after time_start.
    line 6: time_start "" is not a number of seconds.
    line 7: the split "holdout" is not one of train, validation and test."
  `)
})

test('Something-Something v2: templates with brackets, answers of the test, ids as text or number', () => {
  const found = read({
    ...videos('20bn-something-something-v2/78687.webm', '20bn-something-something-v2/42.webm', 'videos/7.mp4'),
    'labels/train.json': JSON.stringify([
      {
        id: '78687',
        label: 'holding potato next to vicks',
        template: 'Holding [something] next to [something]',
        placeholders: ['potato'],
      },
    ]),
    'labels/validation.json': JSON.stringify([
      { id: 42, label: 'x', template: 'Putting [something similar to other things] on the table' },
      { id: '43', label: 'x', template: 'Pretending' },
    ]),
    'labels/test.json': JSON.stringify([{ id: '7' }]),
    'labels/labels.json': JSON.stringify({
      'Holding something next to something': '0',
      'Putting something similar to other things on the table': '1',
    }),
    'labels/test-answers.csv': '7;Holding something next to something\n',
  })
  expect(lines(found)).toMatchInlineSnapshot(`
    [
      "videos/7.mp4 | test | Holding something next to something",
      "20bn-something-something-v2/78687.webm | train | Holding something next to something",
      "20bn-something-something-v2/42.webm | validation | Putting something similar to other things on the table",
    ]
  `)
  expect(absent(found)).toMatchInlineSnapshot(`
    [
      "43: The file is not in the folder.",
    ]
  `)
  expect(found.warnings).toMatchInlineSnapshot(`
    [
      "1 class is not in labels/labels.json, for example "Pretending".",
    ]
  `)
})

test.each([
  ['class last, by blanks', { 'train.txt': 'a/1.mp4 0\na/b c.mp4 1\n', 'val.txt': 'd/2.mp4 0\n' }],
  ['class first', { 'train.txt': '0 a/1.mp4\n1 a/b c.mp4\n', 'val.txt': '0 d/2.mp4\n' }],
  ['number of frames between', { 'train.txt': 'a/1 300 0\na/b c 250 1\n', 'val.txt': 'd/2 100 0\n' }],
  ['commas', { 'train.csv': 'a/1.mp4,0\na/b c.mp4,1\n', 'val.csv': 'd/2.mp4,0\n' }],
  [
    'tabs, other machine',
    { 'my_train_list.txt': '/data/x/a/1.avi\t0\n/data/x/a/b c.avi\t1\n', 'my_val_list.txt': 'C:\\d\\2.avi\t0\n' },
  ],
])('lists of paths and classes: %s', (_, lists) => {
  const found = read({
    ...videos('a/1.mp4', 'a/b c.mp4', 'd/2.mp4'),
    ...lists,
    'classes.txt': 'opening a door\nclosing a door\n',
  })
  expect(lines(found)).toEqual([
    'a/1.mp4 | train | opening a door',
    'a/b c.mp4 | train | closing a door',
    'd/2.mp4 | validation | opening a door',
  ])
  expect(absent(found)).toEqual([])
})

test('lists of paths and classes: names with blanks, a test without classes, indices without names, what is missing', () => {
  const found = read({
    ...videos('a/1.mp4', 'b/1.mp4', 'c/1.mp4'),
    'train.txt': 'a/1.mp4 opening a door\nb/2.mp4 closing a door\n1.mp4 closing a door\n',
    'test.txt': 'c/1.mp4\n',
  })
  expect(lines(found)).toMatchInlineSnapshot(`
    [
      "c/1.mp4 | test | ",
      "a/1.mp4 | train | opening a door",
    ]
  `)
  expect(absent(found)).toMatchInlineSnapshot(`
    [
      "b/2.mp4: The file is not in the folder.",
      "1.mp4: Several files could be meant: a/1.mp4, b/1.mp4, and c/1.mp4.",
    ]
  `)
  const indexed = read({ ...videos('a/1.mp4'), 'train.txt': 'a/1.mp4 7\n' })
  expect([lines(indexed), indexed.notes]).toMatchInlineSnapshot(`
    [
      [
        "a/1.mp4 | train | 7",
      ],
      [
        "The classes are named by their index. A file classes.txt with a name on each line would name them.",
      ],
    ]
  `)
})

test('a text about training that lists no video of the folder is not a list', () => {
  expect(read({ ...videos('a/1.mp4'), 'train.txt': 'How to train: first read this.\n' }).source).toEqual({
    format: 'folder-per-class',
  })
})
