import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { brokenVideo, copyTwoClasses } from '../../../support/videos/index.ts'
import { command, folderForFile } from './command-line.ts'

const root = folderForFile()
const workspace = join(root, 'workspace')
const dataset = (...words: string[]) => command('dataset', ...words, '--workspace', workspace)

test('a dataset of headers is verified, what cannot be used is excluded, and a report lists all of it', async () => {
  const folder = copyTwoClasses(join(root, 'falls'), 3)
  // Its header is whole.
  copyFileSync(brokenVideo('damaged.mp4'), join(folder, 'roll', 'damaged.mp4'))
  const imported = await dataset('import', folder, '--name', 'falls', '--check', 'index')
  expect(imported.stdout).toContain('Note: Only headers were read. "dataset verify falls" decodes every video')
  expect(imported.code).toBe(0)

  const verified = await dataset('verify', 'falls')
  expect(verified.stdout).toContain('7 of 7 videos of falls were decoded.')
  expect(verified.stdout).toMatch(/unreadable\s+│\s+1 │\s+1 │\s+0 │ cannot be decoded/)
  expect(verified.stderr).toContain(
    '1 sample of falls cannot be used.\nRestore the files, or leave them out of new runs: dataset exclude falls --verdict unreadable\n',
  )
  expect(verified.code).toBe(1)

  expect((await dataset('exclude', 'falls')).stderr).toContain('It is not said what to exclude.')
  const excluded = await dataset('exclude', 'falls', '--verdict', 'unreadable', '--json')
  expect(JSON.parse(excluded.stdout).exclusions).toEqual({ number: 1, samples: 1, chosen: 0, canUndo: true })
  expect((await dataset('verify', 'falls')).code).toBe(0)

  const csv = join(root, 'falls.csv')
  expect((await dataset('report', 'falls', '--csv', csv)).code).toBe(0)
  expect(readFileSync(csv, 'utf8')).toMatch(
    /^roll\/damaged\.mp4,.*,roll,unreadable,"?The file is damaged.*,unreadable\r$/m,
  )
  const undone = await dataset('exclude', 'falls', '--undo', '--json')
  expect(JSON.parse(undone.stdout).exclusions.samples).toBe(0)
})
