import { appendFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runFiles } from '#contract/layout.ts'
import {
  folderOf,
  importFolder,
  openTestStudio,
  requestFor,
  temporaryFolder,
  untilStatus,
  videosOf,
} from '../support.ts'

test('what the process of a run printed: its last lines, however many there are', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace, { steps: 3 })
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 5)))
  const id = 'p.image-teacher'
  await studio.client.pipelines.launch({
    ...requestFor('shapes', (configuration) => (configuration.stages = ['image-teacher'])),
    name: 'p',
  })
  await untilStatus(studio, id, 'finished')
  expect((await studio.client.runs.output({ id })).lines).toContain(`computing ${id}`)
  const file = join(workspace, 'runs', id, runFiles.output)
  appendFileSync(file, Array.from({ length: 100_000 }, (_, index) => `line ${index}\n`).join(''))
  const { lines } = await studio.client.runs.output({ id, limit: 3 })
  expect(lines).toEqual(['line 99997', 'line 99998', 'line 99999'])
  expect((await studio.client.runs.output({ id })).lines).toHaveLength(2000)
  rmSync(file)
  expect((await studio.client.runs.output({ id })).lines).toEqual([])
})
