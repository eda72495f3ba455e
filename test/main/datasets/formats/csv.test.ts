import { expect, test } from 'vitest'
import { readRows } from '#main/datasets/formats/csv.ts'

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
    why: 'no line end at the end, blank lines, Windows line ends',
    text: 'a,b\r\n\r\nc, d ',
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
    why: 'empty cells and rows',
    text: ',\n,x',
    rows: [[2, '', 'x']],
  },
  { why: 'a quote inside an unquoted cell', text: 'a,5" tall', rows: [[1, 'a', '5" tall']] },
  { why: 'nothing', text: '', rows: [] },
])('csv: $why', ({ text, rows }) => {
  expect(readRows(text, 'labels.csv').map(({ line, cells }) => [line, ...cells])).toEqual(rows)
})

test.each([
  [
    'tabs between empty cells',
    'a\t\tb\n\t\tc\n',
    '\t' as const,
    [
      ['a', '', 'b'],
      ['', '', 'c'],
    ],
  ],
  ['semicolons', 'a; b ;"c;d"\n', ';' as const, [['a', 'b', 'c;d']]],
  [
    'line ends of old Macs',
    'a,b\rc,d\r',
    ',' as const,
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  ['blanks that do not break', '\u00A0a ,b\n', ',' as const, [['a', 'b']]],
])('csv: %s', (_why, text, delimiter, cells) =>
  expect(readRows(text, 'labels.csv', delimiter).map((row) => row.cells)).toEqual(cells),
)
