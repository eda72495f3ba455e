import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { samplesOf, withSplitSet } from '#contract/domain/dataset.ts'
import type { IntegritySummary } from '#contract/domain/integrity.ts'
import { defaultDrawing } from '#contract/domain/split-drawing.ts'
import { readManifest, readRunFile } from '#training/run/read-run.ts'
import { wholeDataset } from '../../../support/whole-dataset.ts'
import {
  folderOf,
  importFolder,
  openTestStudio,
  refusal,
  requestFor,
  temporaryFolder,
  type TestStudio,
  videosOf,
} from '../../support.ts'

async function verified({ client }: TestStudio, again = false): Promise<IntegritySummary> {
  await client.datasets.verify({ name: 'shapes', again })
  for await (const summary of await client.datasets.watchIntegrity({ name: 'shapes' }))
    if (summary.running === null) return summary
  throw new Error('The stream ended.')
}

const csvOf = async ({ client }: TestStudio): Promise<string[]> => {
  let text = ''
  for await (const piece of await client.datasets.integrityReport({ name: 'shapes' })) text += piece
  return text.trimEnd().split('\r\n')
}

/** Two classes with ten videos each, of which two have the content of one in another split. */
async function withCopies() {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  const files = {
    ...videosOf(['train/a', 'train/b', 'test/a', 'test/b', 'val/a', 'val/b'], 3),
    'train/a/copy.mp4': 'test/a 0',
    'train/a/again.mp4': 'train/a 1',
    'train/b/broken-1.mp4': 'x',
  }
  const directory = folderOf(files)
  await importFolder(studio, directory)
  return { workspace, studio, directory, folder: join(workspace, 'datasets', 'shapes') }
}

test('samples are left out of new runs by reason, the files of the dataset stay, and runs before are as they were', async () => {
  const { workspace, studio, folder } = await withCopies()
  const { client } = studio
  const files = () => ['manifest.json', 'samples.jsonl'].map((name) => readFileSync(join(folder, name), 'utf8'))
  const before = files()
  const digest = (await client.datasets.get({ name: 'shapes' })).digest
  const { id: first } = await client.pipelines.launch(requestFor('shapes'))

  const summary = await verified(studio)
  expect(summary.counts).toEqual([
    { verdict: 'unreadable', files: 1, acrossSplits: 0, samples: 0, excluded: 0 },
    { verdict: 'repeated', files: 2, acrossSplits: 1, samples: 2, excluded: 0 },
  ])
  const changed = await client.datasets.exclude({ name: 'shapes', verdicts: ['repeated'], acrossSplits: true })
  expect(changed.exclusions).toEqual({ number: 1, samples: 1, chosen: 0, canUndo: true })
  const { files: found } = await client.datasets.findings({ name: 'shapes', verdict: 'repeated', offset: 0, limit: 10 })
  expect(found.map(({ path, reason, isExcluded }) => ({ path, reason, isExcluded }))).toEqual([
    { path: 'train/a/again.mp4', reason: 'It has the same content as train/a/1.mp4.', isExcluded: false },
    {
      path: 'train/a/copy.mp4',
      reason: 'It has the same content as test/a/0.mp4. It is in another split.',
      isExcluded: true,
    },
  ])
  const detail = await client.datasets.get({ name: 'shapes' })
  expect(detail).toMatchObject({ digest, sampleCount: 20, exclusions: { number: 1 } })
  expect(detail.balance).toContainEqual({ labelSet: 'class', label: 'a', train: 4, validation: 3, test: 3 })
  const whole = await wholeDataset(client, 'shapes')
  expect(whole.samples.find(({ video }) => video.path === 'train/a/copy.mp4')!.split).toBeNull()
  expect(files()).toEqual(before)

  const { id: second } = await client.pipelines.launch(requestFor('shapes'))
  const run = (pipeline: string) => readRunFile(join(workspace, 'runs', `${pipeline}.image-teacher`))
  expect(run(first).dataset.exclusions).toBeUndefined()
  expect(run(second).dataset.exclusions).toEqual(detail.exclusions)
  expect(run(second).dataset.contents).toMatchObject({ train: 7, unassigned: 1 })
  const trained = (pipeline: string) => samplesOf(readManifest(run(pipeline)), { split: 'train' }).length
  expect([trained(first), trained(second)]).toEqual([8, 7])

  const undone = await client.datasets.undoExclusion({ name: 'shapes' })
  expect(undone.exclusions).toEqual({ number: 0, samples: 0, chosen: 0, canUndo: false })
  expect((await wholeDataset(client, 'shapes')).samples.filter(({ split }) => split === 'train')).toHaveLength(8)
  expect(trained(second)).toBe(7)
  expect((await client.pipelines.requestOf({ id: second })).differences).toEqual([
    'Other samples of the dataset shapes are excluded than when this pipeline was launched.',
  ])

  const [single] = whole.samples.filter(({ video }) => video.path === 'val/b/2.mp4').map(({ id }) => id)
  await client.datasets.exclude({ name: 'shapes', samples: [single!] })
  const again = await client.datasets.exclude({ name: 'shapes', verdicts: ['repeated'] })
  expect(again.exclusions).toEqual({ number: 3, samples: 3, chosen: 1, canUndo: true })
  expect((await client.datasets.undoExclusion({ name: 'shapes' })).exclusions).toMatchObject({ number: 2, samples: 1 })
  const report = await csvOf(studio)
  expect(report[0]).toBe('path,sample,split,classes,verdict,reason,excluded')
  expect(report).toContain(`val/b/2.mp4,${single},validation,b,,,chosen`)
  expect(report.at(-1)).toMatch(/^train\/b\/broken-1\.mp4,,,,unreadable,it has no picture,$/)
  expect(report).toHaveLength(1 + 20 + 1)
})

test('a refused exclusion changes nothing, and an exclusion that was changed by hand stops the run that used it', async () => {
  const { workspace, studio, folder } = await withCopies()
  const { client } = studio
  expect(await refusal(client.datasets.exclude({ name: 'shapes', samples: ['absent'] }))).toMatch(
    /^bad-request: samples: the dataset shapes has no sample absent\./,
  )
  expect(await refusal(client.datasets.exclude({ name: 'shapes', verdicts: ['rotated'] }))).toMatch(
    /^bad-request: There is nothing to exclude in the dataset shapes/,
  )
  expect(await refusal(client.datasets.undoExclusion({ name: 'shapes' }))).toMatch(/^bad-request: Nothing is excluded/)
  const { samples } = await wholeDataset(client, 'shapes')
  expect(await refusal(client.datasets.exclude({ name: 'shapes', samples: samples.map(({ id }) => id) }))).toMatch(
    /^bad-request: That would exclude all samples/,
  )
  expect((await client.datasets.get({ name: 'shapes' })).exclusions).toBeUndefined()

  await client.datasets.exclude({ name: 'shapes', samples: [samples[0]!.id] })
  const { id } = await client.pipelines.launch(requestFor('shapes'))
  const file = join(folder, 'exclusions', '1.json')
  const set = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify({ ...set, samples: { [samples[1]!.id]: 'chosen' } }))
  const run = readRunFile(join(workspace, 'runs', `${id}.image-teacher`))
  expect(() => readManifest(run)).toThrow(/is not the one of its launch/)
})

test('exclusions hold in every split set', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 10)))
  const { client } = studio
  await client.datasets.split({ name: 'shapes', drawing: defaultDrawing })
  const { samples } = await wholeDataset(client, 'shapes')
  await client.datasets.exclude({ name: 'shapes', samples: [samples[0]!.id] })
  const request = requestFor('shapes', ({ general }) => (general.splitSet = 'drawn-2'))
  const { id } = await client.pipelines.launch(request)
  const manifest = readManifest(readRunFile(join(workspace, 'runs', `${id}.image-teacher`)))
  expect(Object.keys(withSplitSet(manifest, 'default').splitSets[0]!.splits)).toHaveLength(19)
  expect((await client.datasets.get({ name: 'shapes' })).splitSets).toEqual(['default', 'drawn-2'])
})

test('the next version of a dataset leaves out what was excluded, and a run keeps its exclusions with its version', async () => {
  const { workspace, studio, directory } = await withCopies()
  const { client } = studio
  await client.datasets.exclude({ name: 'shapes', verdicts: ['repeated'] })
  const { id } = await client.pipelines.launch(requestFor('shapes'))
  writeFileSync(join(directory, 'train', 'a', 'new.mp4'), 'new')
  let last: unknown
  for await (const event of await client.datasets.reimport({ name: 'shapes' })) last = event
  expect(last).toMatchObject({ type: 'done', dataset: { videoCount: 21, exclusions: { number: 1 } } })
  const { samples } = await wholeDataset(client, 'shapes')
  expect(samples.flatMap(({ split, video }) => (split === null ? [video.path] : []))).toEqual([
    'train/a/again.mp4',
    'train/a/copy.mp4',
  ])
  expect(await verified(studio)).toMatchObject({ videos: 21, checked: 21, exclusions: { samples: 2 } })
  const manifest = readManifest(readRunFile(join(workspace, 'runs', `${id}.image-teacher`)))
  expect(samplesOf(manifest, { split: 'train' })).toHaveLength(6)
})
