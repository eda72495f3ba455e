import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ImportEvent } from '#contract/api/contract.ts'
import type { IntegritySummary } from '#contract/domain/integrity.ts'
import { defaultDrawing } from '#contract/domain/split-drawing.ts'
import type { StudioClient } from '#main/shells/cli/client.ts'
import { readManifest, readRunFile } from '#training/run/read-run.ts'
import {
  folderOf,
  importFolder,
  openTestStudio,
  refusal,
  requestFor,
  temporaryFolder,
  untilStatus,
  videosOf,
} from '../support.ts'

async function reimport(client: StudioClient) {
  for await (const event of await client.datasets.reimport({ name: 'shapes' })) if (event.type === 'done') return event
  throw new Error('The stream ended without a last event.')
}

test('a folder that changed becomes a version, and a run keeps the one that it was launched with', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  const { client } = studio
  const folder = folderOf(videosOf(['train/a', 'train/b', 'test/a', 'test/b'], 3))
  await importFolder(studio, folder)
  const first = await client.datasets.get({ name: 'shapes' })
  expect(await reimport(client)).toMatchObject({ change: null, dataset: { digest: first.digest } })
  expect((await client.datasets.versions({ name: 'shapes' })).versions).toMatchObject([{ number: 1, change: null }])

  const pipeline = await client.pipelines.launch(requestFor('shapes'))
  const [runId = ''] = pipeline.runIds
  await untilStatus(studio, runId, 'finished')
  const [a1 = '', a2 = ''] = readdirSync(join(folder, 'train', 'a'))
  const [b1 = ''] = readdirSync(join(folder, 'train', 'b'))
  rmSync(join(folder, 'train', 'a', a1))
  renameSync(join(folder, 'train', 'b', b1), join(folder, 'test', 'b', `moved-${b1}`))
  writeFileSync(join(folder, 'train', 'a', a2), `${JSON.stringify({ frameCount: 40 })} `)
  const { change } = await reimport(client)
  expect(change).toMatchObject({
    counts: { added: 1, removed: 2, content: 1, labels: 0, split: 0 },
    examples: { added: [`test/b/moved-${b1}`], content: [`train/a/${a2}`] },
  })
  const second = await client.datasets.get({ name: 'shapes' })
  expect(second.digest).not.toBe(first.digest)
  expect((await client.datasets.versions({ name: 'shapes' })).versions).toMatchObject([
    { number: 2, digest: second.digest, change, pipelines: [], sampleCount: 11 },
    { number: 1, digest: first.digest, change: null, pipelines: [pipeline.id], sampleCount: 12 },
  ])
  // What the process of a run reads when it starts or is resumed.
  const file = readRunFile(join(workspace, 'runs', runId))
  expect(readManifest(file)).toMatchObject({ digest: first.digest })
  expect(readManifest(file).videos.map(({ path }) => path)).toContain(`train/a/${a1}`)

  const again = await client.pipelines.launch({ ...requestFor('shapes'), name: 'later' })
  expect(again.datasetDigest).toBe(second.digest)
  await studio.close()
  const reopened = await openTestStudio(workspace)
  expect((await reopened.client.datasets.versions({ name: 'shapes' })).versions).toMatchObject([
    { number: 2, pipelines: ['later'] },
    { number: 1, pipelines: [pipeline.id] },
  ])
})

test('splits that were drawn again belong to the version of which they were drawn', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  const folder = folderOf(videosOf(['a', 'b'], 5))
  await importFolder(studio, folder)
  await studio.client.datasets.split({
    name: 'shapes',
    drawing: { ...defaultDrawing, ratio: { train: 50, validation: 20, test: 30 }, seed: 3 },
  })
  const [first = ''] = readdirSync(join(folder, 'a'))
  rmSync(join(folder, 'a', first))
  await reimport(studio.client)
  expect((await studio.client.datasets.get({ name: 'shapes' })).splitSets).toEqual(['default'])
  expect(existsSync(join(workspace, 'datasets/shapes/versions/1/split-sets/drawn-2.json'))).toBe(true)
})

test('earlier versions are taken over as they are, not written again, and keep their exclusions', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  const folder = folderOf(videosOf(['a', 'b'], 5))
  await importFolder(studio, folder)
  const exclude = async (index: number) => {
    const { samples } = await studio.client.datasets.samples({ name: 'shapes', offset: index, limit: 1 })
    await studio.client.datasets.exclude({ name: 'shapes', samples: samples.map(({ id }) => id) })
  }
  await exclude(0)
  const at = (path: string) => join(workspace, 'datasets', 'shapes', path)
  const first = statSync(at('samples.jsonl')).ino
  for (const round of [1, 2]) {
    writeFileSync(join(folder, 'a', `new-${round}.mp4`), `new ${round}`)
    await reimport(studio.client)
    await exclude(round)
  }
  expect(statSync(at('versions/1/samples.jsonl')).ino).toBe(first)
  expect(statSync(at('samples.jsonl')).ino).not.toBe(first)
  const numbers = ['versions/1', 'versions/2', ''].map(
    (version) => JSON.parse(readFileSync(at(join(version, 'exclusions/current.json')), 'utf8')).number,
  )
  expect(numbers).toEqual([1, 2, 3])
})

test('a studio that was killed while it replaced a dataset has one version or the other', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 3)))
  const { digest } = await studio.client.datasets.get({ name: 'shapes' })
  await studio.close()
  const at = (name: string) => join(workspace, 'datasets', name)
  // Between the two renames.
  renameSync(at('shapes'), at('.replaced-shapes'))
  mkdirSync(at('.unfinished-shapes'))
  const between = await openTestStudio(workspace)
  expect(await between.client.datasets.get({ name: 'shapes' })).toMatchObject({ digest })
  await between.close()
  // After both.
  mkdirSync(at('.replaced-shapes'))
  const after = await openTestStudio(workspace)
  expect(await after.client.datasets.get({ name: 'shapes' })).toMatchObject({ digest })
  expect(readdirSync(join(workspace, 'datasets'))).toEqual(['shapes'])
})

test('a folder in which nothing can be read any more leaves the dataset as it is', async () => {
  const studio = await openTestStudio(temporaryFolder())
  const folder = folderOf(videosOf(['a', 'b'], 3))
  await importFolder(studio, folder)
  rmSync(folder, { recursive: true })
  expect(await refusal(reimport(studio.client))).toMatch(/^\S+: /)
  expect(await studio.client.datasets.get({ name: 'shapes' })).toMatchObject({ sampleCount: 6 })
  expect(await refusal(studio.client.datasets.reimport({ name: 'shape' }))).toMatch(/^not-found: .*shapes/s)
})

test('a folder of which headers alone were read is read so again, and what was decoded since stays known', async () => {
  const studio = await openTestStudio(temporaryFolder())
  const { client } = studio
  const folder = folderOf(videosOf(['a', 'b'], 3))
  let last: ImportEvent | undefined
  for await (last of await client.datasets.import({ directory: folder, name: 'shapes', check: 'index' }));
  expect(last).toMatchObject({ type: 'done', report: { check: 'index' } })
  await client.datasets.verify({ name: 'shapes' })
  for await (const { running } of await client.datasets.watchIntegrity({ name: 'shapes' })) if (running === null) break
  const [changed = ''] = readdirSync(join(folder, 'a'))
  writeFileSync(join(folder, 'a', 'new.mp4'), 'new')
  writeFileSync(join(folder, 'a', changed), 'another content')
  expect(await reimport(client)).toMatchObject({ change: { counts: { added: 1, content: 1 } } })
  expect((await client.datasets.get({ name: 'shapes' })).report?.check).toBe('index')
  let summary: IntegritySummary | undefined
  for await (summary of await client.datasets.watchIntegrity({ name: 'shapes' })) break
  expect(summary).toMatchObject({ videos: 7, checked: 5 })
})
