import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { commandLine } from '#node/command-line.ts'

const words = [
  '/home/me/mvd-studio',
  '/tmp/my work',
  "it's",
  'a"b',
  '$HOME',
  '`date`',
  '~/x',
  '名前 ünïcode',
  'größe',
  'a;b&c|d',
  '(x)*?[y]',
  String.raw`back\slash`,
  'two\nlines',
  '',
]

test('a shell reads the words back as they were', () => {
  const printed = execFileSync('sh', ['-c', commandLine(['printf', '%s\\0', ...words], 'linux')], { encoding: 'utf8' })
  expect(printed.split('\0').slice(0, -1)).toEqual(words)
})

test('plain words stay as they are', () => {
  expect(commandLine(['run', 'resume', 'falls-tiny-1.distill', '--workspace', '/home/größe/w'], 'linux')).toBe(
    'run resume falls-tiny-1.distill --workspace /home/größe/w',
  )
})

test.each([
  [String.raw`C:\Users\me\mvd-studio`, String.raw`C:\Users\me\mvd-studio`],
  [String.raw`C:\my work`, String.raw`"C:\my work"`],
  ['C:\\my work\\', String.raw`"C:\my work\\"`],
  [String.raw`C:\it's`, String.raw`"C:\it's"`],
  [String.raw`C:\$HOME's`, String.raw`'C:\$HOME''s'`],
  ['50%', '"50%"'],
  ['', '""'],
])('on Windows %s is %s', (word, quoted) => {
  expect(commandLine([word], 'win32')).toBe(quoted)
})
