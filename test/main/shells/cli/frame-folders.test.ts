import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rawframeName, writeFrameFolder } from '../../../support/frame-folders.ts'
import { command, folderForFile } from './command-line.ts'

const root = folderForFile()
const workspace = join(root, 'workspace')

const run = (...words: string[]) => command('dataset', ...words, '--workspace', workspace)

test('folders of numbered pictures are imported at a chosen frame rate, and checked', async () => {
  const folder = join(root, 'rawframes')
  for (const [index, name] of ['fall/a', 'fall/b', 'walk/c', 'walk/d'].entries())
    await writeFrameFolder(join(folder, name), 6, { tone: 60 * index })
  await writeFrameFolder(join(folder, 'walk/gap'), 4, { tone: 255 })
  rmSync(join(folder, 'walk/gap', rawframeName(1)))

  const preview = await run('preview', folder)
  expect(preview.stdout).toContain(
    'Note: Each of the 5 folders of numbered pictures is a video of 30 frames per second, which is assumed',
  )
  for (const wrong of ['0', '-1', 'fast', ''])
    expect(await run('import', folder, '--name', 'x', '--frame-rate', wrong)).not.toMatchObject({ code: 0 })

  const { code, stdout, stderr } = await run('import', folder, '--name', 'frames', '--frame-rate', '12', '--json')
  expect([code, stderr]).toEqual([0, expect.any(String)])
  expect(JSON.parse(stdout)).toMatchObject({
    videoCount: 4,
    totalFrames: 24,
    totalDurationMs: 2000,
    labelSets: [{ name: 'class', classes: ['fall', 'walk'] }],
    broken: [{ path: 'walk/gap', reason: 'Frames are missing: there is no img_00002.jpg.' }],
    report: {
      frameRate: 12,
      warnings: [],
      notes: [expect.stringContaining('is a video of 12 frames per second, as chosen.')],
    },
  })

  expect((await run('check', 'frames')).stdout).toContain('All 4 files of frames are unchanged.')
  const picture = join(folder, 'fall/b', rawframeName(2))
  writeFileSync(picture, readFileSync(join(folder, 'fall/b', rawframeName(3))))
  rmSync(join(folder, 'walk/c'), { recursive: true })
  await writeFrameFolder(join(folder, 'walk/new'), 3)
  const changed = await run('check', 'frames', '--json')
  expect(changed.code).not.toBe(0)
  expect(JSON.parse(changed.stdout).drift).toEqual([
    { path: 'fall/b', problem: 'changed' },
    { path: 'walk/c', problem: 'missing' },
    { path: 'walk/new', problem: 'new' },
  ])
})

test('the same frames in two classes are a warning', async () => {
  const folder = join(root, 'copies')
  for (const name of ['fall/a', 'walk/b', 'walk/c'])
    await writeFrameFolder(join(folder, name), 3, { tone: name.endsWith('c') ? 9 : 0 })
  const { stdout } = await run('import', folder, '--name', 'copies')
  expect(stdout).toContain('in files with the same content: fall/a and walk/b')
})
