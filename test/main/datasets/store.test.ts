import { readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DatasetStore } from '#main/datasets/store.ts'
import { readDataset } from '#node/dataset-files.ts'
import { writeExclusions } from '#node/exclusions.ts'
import { wholeDataset } from '../../support/whole-dataset.ts'
import {
  folderOf,
  importFolder,
  openTestStudio,
  refusal,
  requestFor,
  temporaryFolder,
  type TestStudio,
  videosOf,
} from '../support.ts'

/** A closed workspace with a dataset, and what the studio said of it. */
async function imported() {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  await importFolder(studio, folderOf({ ...videosOf(['a', 'b'], 5), 'a/broken-1.mp4': '' }))
  const whole = await wholeDataset(studio.client, 'shapes')
  await studio.close()
  const folder = join(workspace, 'datasets', 'shapes')
  return { workspace, whole, manifest: join(folder, 'manifest.json'), samples: join(folder, 'samples.jsonl') }
}

const refused = (studio: TestStudio) =>
  Promise.all([
    refusal(studio.client.datasets.get({ name: 'shapes' })),
    refusal(studio.client.datasets.samples({ name: 'shapes', offset: 0, limit: 1 })),
    refusal(studio.client.pipelines.launch(requestFor('shapes'))),
  ])

test('a dataset is the same after the studio was closed and its database removed', async () => {
  const { workspace, whole } = await imported()
  rmSync(join(workspace, 'studio.sqlite'))
  const studio = await openTestStudio(workspace)
  expect(await wholeDataset(studio.client, 'shapes')).toEqual(whole)
})

test('a dataset of version 2 is the same and keeps its file', async () => {
  const { workspace, whole, manifest, samples } = await imported()
  const content = JSON.stringify({ version: 2, ...readDataset(manifest) })
  writeFileSync(manifest, content)
  rmSync(samples)
  const studio = await openTestStudio(workspace)
  expect(await wholeDataset(studio.client, 'shapes')).toEqual(whole)
  expect(readFileSync(manifest, 'utf8')).toBe(content)
  await studio.client.pipelines.check(requestFor('shapes'))
})

test('samples that were cut off while the studio was closed or open refuse a launch', async () => {
  const { workspace, samples } = await imported()
  const content = readFileSync(samples)
  const sentence = /^bad-request: The file .*samples\.jsonl is cut off: it has 100 bytes instead of \d+\.\nRestore/
  truncateSync(samples, 100)
  const studio = await openTestStudio(workspace)
  for (const refusal of await refused(studio)) expect(refusal).toMatch(sentence)
  writeFileSync(samples, content)
  await studio.client.pipelines.check(requestFor('shapes'))
  truncateSync(samples, 100)
  for (const refusal of await refused(studio)) expect(refusal).toMatch(sentence)
})

test('other exclusions are noticed, also if their files are as old and as long', async () => {
  const { workspace, whole } = await imported()
  const store = new DatasetStore(join(workspace, 'datasets'))
  const stamps = whole.samples.slice(0, 3).map(({ id }) => {
    writeExclusions(store.folder('shapes'), { [id]: 'chosen' })
    utimesSync(join(store.folder('shapes'), 'exclusions', 'current.json'), 1000, 1000)
    return store.stampOf('shapes')
  })
  expect(new Set(stamps).size).toBe(3)
  expect(store.differInExclusions(stamps[0]!, stamps[2]!)).toBe(true)
})
