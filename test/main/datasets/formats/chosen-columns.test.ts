import { expect, test } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import type { TableColumns } from '#contract/domain/table-columns.ts'
import { readAnnotations } from '#main/datasets/formats/index.ts'
import { previewImport } from '#main/datasets/preview-import.ts'
import { scanFolder } from '#main/datasets/scan.ts'
import { folderOf } from '../../support.ts'

const videos = (...paths: string[]) => Object.fromEntries(paths.map((path) => [path, '']))
const read = (files: Record<string, string>, columns?: TableColumns) =>
  readAnnotations(scanFolder(folderOf(files)), { columns })
const preview = (files: Record<string, string>, columns?: TableColumns) =>
  previewImport({ directory: folderOf(files), followLinks: false, columns })

/** One line per sample: path, split, classes by label set, part. */
const lines = ({ annotations }: ReturnType<typeof read>) =>
  annotations.map(({ path, split, labels, part }) =>
    [
      path,
      split,
      ...Object.entries(labels).map(([set, label]) => `${set}: ${label}`),
      ...(part === undefined ? [] : [`${part.startMs}–${part.endMs} ms`]),
    ].join(' | '),
  )
const absent = ({ missing }: ReturnType<typeof read>) => missing.map(({ path, reason }) => `${path}: ${reason}`)
function reasonOf(action: () => unknown): string {
  try {
    action()
  } catch (cause) {
    if (cause instanceof StudioError)
      return `${cause.message} ${cause.hint}`.replaceAll(/\/[^ ]*\/(?=[^/ ]*\.csv)/g, '').replace(/\/tmp\/\S+/, 'DIR')
    throw cause
  }
  return 'nothing'
}

const files = {
  ...videos('v/a.mp4', 'v/b.mp4', 'v/c.mp4', 'v/d.mp4'),
  'metadata.csv': `\u{FEFF}recording,Action Name,subject,fold,t0,t1\r
v/a.mp4,"open, slowly",7,train,0.5,2\r
v/a.mp4,close,7,train,00:00:03,00:00:04.5\r
/data/v/b.avi,close,9,Valid,,\r
c,,9,,,\r
v/gone.mp4,close,1,testing,,\r
`,
}
const chosen = {
  path: 'recording',
  labels: ['Action Name', 'subject'],
  split: 'fold',
  start: 't0',
  end: 't1',
} satisfies TableColumns

test('columns that the user chose give paths, labels, splits and parts', () => {
  const found = read(files, chosen)
  expect(lines(found)).toEqual([
    'v/a.mp4 | train | action-name: open, slowly | subject: 7 | 500–2000 ms',
    'v/a.mp4 | train | action-name: close | subject: 7 | 3000–4500 ms',
    'v/b.mp4 | validation | action-name: close | subject: 9',
    'v/c.mp4 |  | action-name: null | subject: 9',
  ])
  expect(absent(found)).toEqual(['v/gone.mp4: The file is not in the folder.'])
  expect(found.source).toEqual({ format: 'table', files: ['metadata.csv'], columns: chosen })
  expect(found.notes).toEqual(['The label set of the column "Action Name" is called action-name.'])
})

test('a preview shows a table whose header no format knows, suggests columns and warns', () => {
  const found = preview(files)
  expect(found.source).toEqual({ format: 'folder-per-class' })
  expect(found.tables).toEqual([
    {
      files: ['metadata.csv'],
      header: ['recording', 'Action Name', 'subject', 'fold', 't0', 't1'],
      rows: [
        ['v/a.mp4', 'open, slowly', '7', 'train', '0.5', '2'],
        ['v/a.mp4', 'close', '7', 'train', '00:00:03', '00:00:04.5'],
        ['/data/v/b.avi', 'close', '9', 'Valid', '', ''],
        ['c', '', '9', '', '', ''],
        ['v/gone.mp4', 'close', '1', 'testing', '', ''],
      ],
      suggestion: { path: 'recording', labels: ['Action Name'], split: 'fold' },
    },
  ])
  expect(found.warnings).toEqual([
    'metadata.csv names videos and was not read, because no format has the header recording, Action Name, subject, fold, t0 and 1 more. Choose the columns (--columns on the command line) to take labels and splits from it.',
  ])
  const repeated = preview(files, chosen)
  expect([repeated.videos, repeated.samples, repeated.missing.count, repeated.warnings]).toEqual([3, 4, 1, []])
  expect(repeated.tables).toHaveLength(1)
  expect(repeated.leftOut).toEqual([{ reason: 'not-listed', count: 1, examples: ['v/d.mp4'] }])
})

const timed = (rows: string) => ({ ...videos('a.mp4'), 'x.tsv': `clip\tlabel\tstart_time\tend_time\n${rows}` })

test('start and end are suggested if their cells are times', () => {
  expect(preview(timed('a\tx\t0\t1.5\n')).tables[0]?.suggestion).toEqual({
    path: 'clip',
    labels: ['label'],
    start: 'start_time',
    end: 'end_time',
  })
  expect(preview(timed('a\tx\tnow\tlater\n')).tables[0]?.suggestion).toEqual({ path: 'clip', labels: ['label'] })
})

test('tables with the same header are one, whose splits are in their names', () => {
  const found = read(
    {
      ...videos('a.mp4', 'b.mp4', 'c.mp4'),
      'lists/train.csv': 'id;video;action\n1;a;x\n2;b;y\n',
      'lists/val.csv': 'id;video;action\n3;c;x\n',
    },
    { path: 'video', labels: ['action'] },
  )
  expect(lines(found)).toEqual([
    'a.mp4 | train | action: x',
    'b.mp4 | train | action: y',
    'c.mp4 | validation | action: x',
  ])
  expect(found.source).toMatchObject({ files: ['lists/train.csv', 'lists/val.csv'] })
})

test('columns are found in any letter case and by number; a table without a header has numbers', () => {
  const named = { ...videos('a.mp4'), 'x.csv': 'File,"label, in words",Label,label\na.mp4,x,y,z\n' }
  expect(lines(read(named, { path: 'file', labels: ['2'] }))).toEqual(['a.mp4 |  | label-in-words: x'])
  expect(preview(named).tables[0]?.header).toEqual(['File', 'label, in words', '3', '4'])
  expect(lines(read(named, { path: 'file', labels: ['3', '4'] }))).toEqual(['a.mp4 |  | label: y | label-2: z'])
  const bare = { ...videos('a.mp4'), 'x.csv': 'x,a.mp4\n' }
  expect(preview(bare).tables[0]).toMatchObject({ header: ['1', '2'], suggestion: { path: '2', labels: [] } })
  expect(lines(read(bare, { path: '2', labels: ['1'] }))).toEqual(['a.mp4 |  | label: x'])
  expect(
    lines(read({ ...videos('a.mp4'), 'x.csv': '動画,動作\na.mp4,歩く\n' }, { path: '動画', labels: ['動作'] })),
  ).toEqual(['a.mp4 |  | label: 歩く'])
})

test('numbers in the column of splits are read in order, and a note says so', () => {
  const found = read(
    { ...videos('a.mp4', 'b.mp4', 'c.mp4'), 'x.csv': 'file,is_test\na.mp4,0\nb.mp4,2\nc.mp4,1\n' },
    { path: 'file', labels: [], split: 'is_test' },
  )
  expect(lines(found)).toEqual(['a.mp4 | train', 'b.mp4 | test', 'c.mp4 | validation'])
  expect(found.notes).toEqual([
    'In the column is_test, 0 was read as train, 1 was read as validation, and 2 was read as test.',
  ])
})

test('faulty lines are all named', () => {
  const faulty = {
    ...videos('a.mp4', 'b.mp4'),
    'x.csv': `file,fold,t0,t1
a.mp4,train,0,1
a.mp4,train,0.0,1
,train,0,1
b.mp4,fold7,0,1
b.mp4,train,2,1
b.mp4,train,soon,1
b.mp4,train,1,
b.mp4,train
`,
  }
  expect(reasonOf(() => read(faulty, { path: 'file', labels: [], split: 'fold', start: 't0', end: 't1' }))).toBe(
    `x.csv has 7 faults:
line 3: this part of "a.mp4" is listed twice.
line 4: the path is empty.
line 5: the split "fold7" is not one of train, validation, test, 0, 1 and 2.
line 6: the end "1" is not after the start "2".
line 7: the start "soon" is not a number of seconds or a time such as 00:01:02.50.
line 8: the end "" is not a number of seconds or a time such as 00:01:02.50.
line 9: the row has 2 cells, but the header has 4. Correct the file and import the folder again.`,
  )
})

test('a column or a table that is not there, and one of several tables that is not named, are refused with what there is', () => {
  const two = { ...videos('a.mp4'), 'x.csv': 'file,a\na.mp4,1\n', 'y.csv': 'file,b\na.mp4,1\n' }
  expect([
    reasonOf(() => read(two, { path: 'file', labels: [] })),
    reasonOf(() => read(two, { table: 'z.csv', path: 'file', labels: [] })),
    reasonOf(() => read(two, { table: 'x.csv', path: 'path', labels: [] })),
    reasonOf(() => read(two, { table: 'x.csv', path: 'file', labels: ['file'] })),
    reasonOf(() => read({ ...videos('a.mp4'), 'x.csv': 'file\nb.mp4\n' }, { path: 'file', labels: [] })),
  ]).toMatchInlineSnapshot(`
    [
      "Several tables in DIR name videos: x.csv and y.csv. Choose one (table=FILE on the command line).",
      "The folder DIR has no table z.csv. Choose one of x.csv and y.csv.",
      "x.csv has no column "path". Its columns are "file" and "a".",
      "The column "file" is chosen twice. Choose each column once.",
      "No table in DIR names videos of the folder. A table is a .csv or .tsv file. Name it (table=FILE on the command line), or choose the folder that contains both the table and the videos.",
    ]
  `)
  expect(lines(read(two, { table: 'y.csv', path: 'file', labels: ['b'] }))).toEqual(['a.mp4 |  | b: 1'])
})

test('a labels.csv with another header is refused by an import, and can be chosen in a preview', () => {
  const other = { ...videos('a.mp4'), 'labels.csv': 'file,label\na.mp4,x\n' }
  expect(reasonOf(() => read(other))).toBe(
    'labels.csv, line 1: the header must begin with path,split and then name the label sets. It begins with "file,label". Correct the file and import the folder again, or choose the columns (--columns on the command line).',
  )
  expect(preview(other).tables[0]?.suggestion).toEqual({ path: 'file', labels: ['label'] })
  expect(lines(read(other, { path: 'file', labels: ['label'] }))).toEqual(['a.mp4 |  | label: x'])
})

test('a table that names no video is not offered, and neither is one beside lists that a format reads', () => {
  expect(preview({ ...videos('x/a.mp4'), 'notes.csv': 'name,age\nAda,36\n' })).toMatchObject({
    tables: [],
    warnings: [],
  })
  expect(preview({ ...videos('a.mp4'), 'train.txt': 'a.mp4 x\n', 'more.csv': 'file,size\na.mp4,36\n' }).tables).toEqual(
    [],
  )
})

const listed = (header: string, row: string) => ({ ...videos('a.mp4'), 'train.csv': `${header}\n${row}\n` })

test('a header above a path and a class is no video; with more columns the user chooses', () => {
  const two = read(listed('video_path,label', 'a.mp4,x'))
  expect([lines(two), absent(two)]).toEqual([['a.mp4 | train | class: x'], []])
  expect(lines(read(listed('label\tfile', 'x\ta.mp4')))).toEqual(['a.mp4 | train | class: x'])
  expect(lines(read(listed('path label', 'a.mp4 x')))).toEqual(['a.mp4 | train | class: x'])
  expect(preview(listed('video,label,start,end', 'a.mp4,x,1,2')).tables[0]?.suggestion).toEqual({
    path: 'video',
    labels: ['label'],
    start: 'start',
    end: 'end',
  })
})
