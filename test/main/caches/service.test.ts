import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { WarmEvent } from '#contract/api/caches.ts'
import { Cache } from '#main/caches/service.ts'
import { Settings } from '#main/settings/service.ts'
import { warmText } from '#main/shells/cli/frames-warm.ts'
import { frameFolder } from '#node/frame-folder.ts'
import { call } from '../shells/cli/call.ts'
import { folderOf, importFolder, openTestStudio, temporaryFolder, videosOf } from '../support.ts'

test('a lowered budget holds at once, and clearing leaves what is being written', async () => {
  const folder = temporaryFolder()
  const settings = new Settings(join(temporaryFolder(), 'settings.json'), () => undefined)
  const problems: unknown[] = []
  const frames = new Cache({
    name: 'frames',
    folder: frameFolder(folder),
    settings,
    onProblem: (problem) => problems.push(problem),
  })
  for (const [index, name] of ['a', 'b', 'c'].entries()) {
    writeFileSync(join(folder, `${name}-2x2.frames`), Buffer.alloc(2 ** 20))
    utimesSync(join(folder, `${name}-2x2.frames`), 1000, 1000 + index)
  }
  writeFileSync(join(folder, 'd-2x2.frames.1-ab.tmp'), 'x')
  expect(await frames.usage()).toEqual({ files: 3, bytes: 3 * 2 ** 20 + 1, budgetBytes: 4 * 2 ** 30 })
  settings.set({ ...settings.get(), frames: { ...settings.get().frames, budgetGib: 2 / 1024 } })
  await frames.close()
  expect(readdirSync(folder).toSorted()).toEqual(['c-2x2.frames', 'd-2x2.frames.1-ab.tmp'])
  expect(await frames.clear()).toEqual({ files: 0, bytes: 1, budgetBytes: 2 * 2 ** 20 })
  expect(readdirSync(folder)).toEqual(['d-2x2.frames.1-ab.tmp'])
  expect(problems).toEqual([])
})

test('the command line shows, limits and empties the frame cache', async () => {
  const workspace = temporaryFolder()
  expect(await call(workspace, 'frames', 'show')).toEqual({ files: 0, bytes: 0, budgetBytes: 4 * 2 ** 30 })
  expect(await call(workspace, 'frames', 'budget', '0.5')).toMatchObject({ budgetBytes: 2 ** 29 })
  expect(await call(workspace, 'frames', 'compress', 'on')).toEqual({ budgetGib: 0.5, isCompressed: true })
  expect(await call(workspace, 'frames', 'budget', '0.25')).toMatchObject({ budgetBytes: 2 ** 28 })
  expect(await call(workspace, 'frames', 'compress', 'off')).toEqual({ budgetGib: 0.25, isCompressed: false })
  await expect(call(workspace, 'frames', 'budget', 'much')).rejects.toThrow(
    'The budget of the frame cache "much" is not a number of GiB from 0 to 1000000.',
  )
  writeFileSync(join(workspace, 'frames', 'a-2x2.frames'), 'x')
  expect(await call(workspace, 'frames', 'show')).toMatchObject({ files: 1, bytes: 1 })
  expect(await call(workspace, 'frames', 'clear')).toMatchObject({ files: 0, bytes: 0 })
})

test('the command line shows, limits and empties the target cache', async () => {
  const workspace = temporaryFolder()
  expect(await call(workspace, 'targets', 'show')).toEqual({ files: 0, bytes: 0, budgetBytes: 16 * 2 ** 30 })
  expect(await call(workspace, 'targets', 'budget', '2.5')).toMatchObject({ budgetBytes: 2.5 * 2 ** 30 })
  expect(await call(workspace, 'frames', 'show')).toMatchObject({ budgetBytes: 4 * 2 ** 30 })
  await expect(call(workspace, 'targets', 'budget', '-1')).rejects.toThrow(
    'The budget of the target cache "-1" is not a number of GiB from 0 to 1000000.',
  )
  mkdirSync(join(workspace, 'targets'))
  writeFileSync(join(workspace, 'targets', 'a.features'), 'x')
  expect(await call(workspace, 'targets', 'show')).toMatchObject({ files: 1, bytes: 1 })
  expect(await call(workspace, 'targets', 'clear')).toMatchObject({ files: 0, bytes: 0 })
})

test('a dataset is decoded ahead, with progress and what became of its videos', async () => {
  const studio = await openTestStudio(temporaryFolder())
  const warm = (dataset: string) => studio.client.frames.warm({ dataset, imageSize: 64 })
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 3)))
  const events: WarmEvent[] = []
  for await (const event of await warm('shapes')) events.push(event)
  expect(events).toEqual([
    { type: 'progress', done: 1, total: 2, path: 'a/0.mp4' },
    { type: 'done', result: { videos: 3, decoded: 1, beyond: 1, unreadable: 0, problems: [] } },
  ])
  expect(warmText({ videos: 9, decoded: 1, beyond: 2, unreadable: 3, problems: [] })).toBe(
    '1 video decoded, 3 were in the cache. 3 cannot be read. 2 do not fit into its budget, which "frames budget" raises.',
  )
})

test('the command line names a dataset that is missing, and a size that no clip has', async () => {
  const workspace = temporaryFolder()
  await expect(call(workspace, 'frames', 'warm', 'shapes', '--size', '64')).rejects.toThrow('shapes')
  await expect(call(workspace, 'frames', 'warm', 'shapes', '--size', '8')).rejects.toThrow('imageSize')
})
