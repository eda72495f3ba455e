import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withSplitSet } from '#contract/domain/dataset.ts'
import { defaultDrawing, type SplitDrawing } from '#contract/domain/split-drawing.ts'
import { readDataset } from '#node/dataset-files.ts'
import { wholeDataset } from '../../support/whole-dataset.ts'
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

const drawing: SplitDrawing = { ...defaultDrawing, ratio: { train: 50, validation: 20, test: 30 }, seed: 3 }

test('splits that are drawn again are a set beside the others, and the files and the digest of the dataset stay', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 10)))
  const folder = join(workspace, 'datasets', 'shapes')
  const files = () => ['manifest.json', 'samples.jsonl'].map((name) => readFileSync(join(folder, name), 'utf8'))
  const [before, earlier] = [files(), await wholeDataset(studio.client, 'shapes')]
  expect(await studio.client.datasets.split({ name: 'shapes', drawing })).toEqual({
    name: 'drawn-2',
    drawing,
    balance: ['a', 'b'].map((label) => ({ labelSet: 'class', label, train: 5, validation: 2, test: 3 })),
  })
  expect((await studio.client.datasets.split({ name: 'shapes', drawing, as: 'drawn-5' })).name).toBe('drawn-5')
  expect(files()).toEqual(before)
  const later = await wholeDataset(studio.client, 'shapes')
  expect(later).toEqual({ ...earlier, splitSets: ['default', 'drawn-2', 'drawn-5'] })

  const whole = readDataset(join(folder, 'manifest.json'))
  const chosen = withSplitSet(whole, 'drawn-2').splitSets[0]!.splits
  expect(Object.values(chosen).filter((split) => split === 'test')).toHaveLength(6)
  expect(withSplitSet(whole, 'drawn-5').splitSets[0]!.splits).toEqual(chosen)
  expect(withSplitSet(whole, 'default').splitSets[0]!.splits).not.toEqual(chosen)

  expect(await refusal(studio.client.datasets.split({ name: 'shapes', drawing, as: 'drawn-2' }))).toMatch(
    /^already-exists: The dataset shapes already has a split set called drawn-2\./,
  )
  const groupBy = { by: 'folder' as const }
  expect(await refusal(studio.client.datasets.split({ name: 'shapes', drawing: { ...drawing, groupBy } }))).toMatch(
    /^bad-request: drawing\.groupBy: no video is in a folder/,
  )
  await studio.close()
  writeFileSync(join(folder, 'split-sets', 'drawn-5.json'), '{')
  expect(() => readDataset(join(folder, 'manifest.json'))).toThrow(/drawn-5\.json/)
})

test('near duplicates stay together in splits that are drawn again, once they are known', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  const contents = Array.from({ length: 20 }, (_, index) => [`a/${index}.mp4`, `content ${index % 10}`] as const)
  const directory = folderOf(Object.fromEntries(contents))
  await importFolder(studio, directory)
  const near: SplitDrawing = { ...drawing, groupBy: { by: 'near-duplicates' } }
  await studio.client.datasets.split({ name: 'shapes', drawing: near })
  const whole = readDataset(join(workspace, 'datasets', 'shapes', 'manifest.json'))
  const drawn = withSplitSet(whole, 'drawn-2').splitSets[0]!.splits
  const splits = new Map(whole.videos.map(({ id, path }) => [path, drawn[id]]))
  for (const [index, [path]] of contents.entries())
    expect(splits.get(path)).toBe(splits.get(`a/${(index + 10) % 20}.mp4`))
  expect(new Set(splits.values()).size).toBe(3)

  for await (const _ of await studio.client.datasets.import({ directory, name: 'indexed', check: 'index' }));
  expect(await refusal(studio.client.datasets.split({ name: 'indexed', drawing: near }))).toMatch(
    /^bad-request: drawing\.groupBy: near duplicates of the dataset indexed are not known, since its videos were not all decoded and compared\./,
  )
})

test('a run on a split set that was drawn again trains on its samples and records how they were drawn', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 10)))
  await studio.client.datasets.split({ name: 'shapes', drawing })
  expect((await studio.client.datasets.list({})).map(({ splitSets }) => splitSets)).toEqual([['default', 'drawn-2']])
  const drawn = requestFor('shapes', (configuration) => {
    configuration.general.splitSet = 'drawn-2'
    configuration.stages = ['image-teacher']
  })
  const { runIds } = await studio.client.pipelines.launch({ ...drawn, name: 'drawn' })
  const { file } = await studio.client.runs.get({ id: runIds[0] ?? '' })
  expect(file?.dataset.contents).toMatchObject({ train: 10, validation: 4, test: 6, drawing })
  const [environment] = await studio.client.runs.environments({ ids: runIds })
  expect(environment?.dataset?.contents?.drawing).toEqual(drawing)
  await untilStatus(studio, runIds[0] ?? '', 'finished')
  const absent = requestFor('shapes', (configuration) => (configuration.general.splitSet = 'drawn-3'))
  expect(await refusal(studio.client.pipelines.launch(absent))).toMatch(
    /general\.splitSet: the dataset shapes has no split set called drawn-3\./,
  )
})

test('the drawing of the import, repeated, gives its splits', async () => {
  const workspace = temporaryFolder()
  const studio = await openTestStudio(workspace)
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 10)), 'shapes', drawing)
  await studio.client.datasets.split({ name: 'shapes', drawing })
  const whole = readDataset(join(workspace, 'datasets', 'shapes', 'manifest.json'))
  expect(withSplitSet(whole, 'drawn-2').splitSets[0]!.splits).toEqual(whole.splitSets[0]!.splits)
})

test('splits that a folder gives are not drawn again', async () => {
  const studio = await openTestStudio(temporaryFolder())
  await importFolder(studio, folderOf(videosOf(['train/a', 'test/a'], 2)))
  expect(await refusal(studio.client.datasets.split({ name: 'shapes', drawing }))).toMatch(
    /^run-state: The splits of the dataset shapes were given by its folder, not drawn\./,
  )
})
