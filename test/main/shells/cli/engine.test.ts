import { expect, test } from 'vitest'
import { command, folderForFile } from './command-line.ts'

const root = folderForFile()

test.concurrent.each([
  [
    'an engine that is not installed so',
    ['wasm'],
    /^Command-argument value 'wasm' is invalid for argument 'name'\. Allowed choices are cuda, tensorflow\./,
  ],
  [
    'a folder for cuda',
    ['cuda', '--from', root],
    /^--from is for tensorflow; cuda is always fetched\.\nLeave --from out\.\n$/,
  ],
])('%s is refused', async (_, words, sentence) => {
  const { code, stdout, stderr } = await command('engine', 'install', ...words)
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(sentence)
})
