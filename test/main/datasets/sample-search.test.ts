import { beforeEach, describe, expect, test } from 'vitest'
import type { SampleRequest } from '#contract/domain/dataset-detail.ts'
import { linesOf } from '#contract/domain/dataset-lines.ts'
import { type DatasetManifest, samplesOf, type Split } from '#contract/domain/dataset.ts'
import { searchBy } from '#contract/query/evaluate.ts'
import { openDatabase } from '#main/database/open.ts'
import { describeDataset } from '#main/datasets/describe.ts'
import { DatasetQueries } from '#main/datasets/queries.ts'
import { SampleSearch } from '#main/datasets/sample-search.ts'
import { clipFields } from '../../support/clip-fields.ts'

const splits: (Split | undefined)[] = ['train', 'validation', 'test', undefined]
const count = 60

/** Samples of every kind: spans, without a class, without a split, of two label sets, with boxes. */
const manifest: DatasetManifest = {
  version: 2,
  name: 'd',
  root: '/d',
  createdAt: '2026-01-01T00:00:00Z',
  digest: 'd',
  labelSets: [
    { name: 'motion', classes: ['left', "o'clock", 'Ärm "up"'] },
    { name: 'group', classes: ['x', 'y'] },
  ],
  videos: Array.from({ length: count }, (_, index) => ({
    id: `v${index}`,
    path: `${index % 2 === 0 ? 'Läuft' : 'steht'}/${index}.mp4`,
    frameCount: 20 + index,
    width: 64 + 16 * (index % 3),
    height: 48,
    framesPerSecond: index % 4 === 0 ? 29.97 : 25,
    durationMs: 1000 + 33 * index,
    codec: index % 5 === 0 ? 'hevc' : 'h264',
    sizeBytes: 1000 * (index + 1),
    digest: String(index),
    ...(index % 3 === 0 ? {} : { modifiedAtMs: index + 0.5 }),
  })),
  samples: Array.from({ length: count }, (_, index) => index).flatMap((index) => [
    {
      id: `s${index}`,
      video: `v${index}`,
      labels: { motion: index % 4 === 3 ? null : index % 4, group: index % 2 },
      ...(index % 7 === 0
        ? { boxes: [{ frameIndex: 1, x: 0.5, y: 1, width: 2, height: 3, labels: { motion: 1 } }] }
        : {}),
    },
    ...(index % 10 === 0
      ? [{ id: `t${index}`, video: `v${index}`, span: { firstFrame: 3, frameCount: 5 }, labels: { motion: 1 } }]
      : []),
  ]),
  splitSets: [
    {
      name: 'default',
      splits: Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`s${index}`, splits[index % 4]] as const).flatMap(([id, split]) =>
          split === undefined ? [] : [[id, split] as const],
        ),
      ),
    },
  ],
  broken: [
    { path: 'b/1.mp4', reason: 'it has no picture' },
    { path: 'b/2.mp4', reason: 'The file is not in the folder.', isMissing: true },
  ],
}
const detail = describeDataset(manifest)
const samples = samplesOf(manifest)

let queries: DatasetQueries
let search: SampleSearch
beforeEach(() => {
  const database = openDatabase(':memory:')
  queries = new DatasetQueries(database)
  search = new SampleSearch(database)
  queries.put(detail, '1', linesOf(manifest))
})
const page = (request: Omit<SampleRequest, 'name' | 'offset' | 'limit'> = {}, offset = 0, limit = 500) =>
  search.page(queries.keyOf('d')!, queries.detail('d')!, { name: 'd', offset, limit, ...request })

test('every sample, video and unused file is read as it was stored, in its order', () => {
  expect(page().samples).toEqual(samples)
  expect(page().total).toBe(samples.length)
  expect([...queries.videos('d')]).toEqual(manifest.videos)
  expect([...queries.brokenFiles('d')]).toEqual(manifest.broken)
  expect(queries.broken({ name: 'd', offset: 1, limit: 5 })).toEqual({ total: 2, files: manifest.broken.slice(1) })
  expect(queries.video('d', 'v7')).toEqual(manifest.videos[7])
  expect(queries.detail('d')).toEqual(detail)
})

test('pages of a filter are the filtered samples in pieces', () => {
  const all = page({ filter: 'split:train' })
  const pieces = [0, 7, 14, 21].flatMap((offset) => page({ filter: 'split:train' }, offset, 7).samples)
  expect(pieces).toEqual(all.samples)
  expect(all.total).toBe(15)
  expect(page({ filter: 'split:train' }, 100, 7)).toEqual({ total: 15, samples: [], problems: [] })
})

describe.each([undefined, 'group'])('with the label set %s', (labelSet) => {
  const shown = manifest.labelSets.find(({ name }) => name === labelSet) ?? manifest.labelSets[0]!
  const fields = clipFields(manifest.labelSets, shown)
  test.each([
    'läuft',
    'split:train and frames > 40',
    'frames <= 5',
    'duration > 1.5s',
    'fps = 29.97',
    'not codec:hevc',
    'width in (64, 96)',
    'has:split',
    'not has:motion',
    'class:left',
    `motion = "o'clock"`,
    'group:y or path:*9.mp4',
    'size < 5KiB',
    'steht/*',
    '-has:class',
    'ärm',
    'nokey > 4',
  ])('%s selects what it means', (filter) => {
    const { found, problems } = searchBy(samples, filter, fields)
    const result = page({ filter, ...(labelSet === undefined ? {} : { labelSet }) })
    expect(result.samples.map(({ id }) => id)).toEqual(found.map(({ id }) => id))
    expect(result).toMatchObject({ total: found.length, problems })
  })

  test('class and split agree with the class balance', () => {
    for (const row of detail.balance.filter((entry) => entry.labelSet === shown.name)) {
      const label = row.label === null ? ('none' as const) : shown.classes.indexOf(row.label)
      for (const split of ['train', 'validation', 'test'] as const)
        expect(page({ labelSet: shown.name, label, split }).total).toBe(row[split])
    }
  })
})

test('samples are sorted by a key, those without a value last', () => {
  const bySplit = page({ sort: { key: 'split', isDescending: true } }).samples.map(({ split }) => split)
  expect(bySplit).toEqual(bySplit.toSorted((a, b) => (a === b ? 0 : a === null ? 1 : b === null ? -1 : a < b ? 1 : -1)))
  expect(page({ sort: { key: 'size', isDescending: false } }).samples.at(-1)?.video.path).toBe('steht/59.mp4')
  expect(() => page({ sort: { key: 'frame', isDescending: false } })).toThrow(
    'sort: There is no key frame. Did you mean frames?',
  )
  expect(() => page({ labelSet: 'other' })).toThrow('labelSet: the dataset d has no label set called other.')
})

test('a replaced or removed dataset leaves no rows', () => {
  const database = openDatabase(':memory:')
  const tables = new DatasetQueries(database)
  const rows = () =>
    ['dataset', 'dataset_index', 'sample', 'video', 'dataset_class', 'broken_file'].map((table) =>
      database.prepare(`SELECT count(*) FROM ${table}`).pluck().get(),
    )
  tables.put(detail, '1', linesOf(manifest))
  const once = rows()
  tables.put(detail, '2', linesOf(manifest))
  expect(rows()).toEqual(once)
  expect(tables.stampOf('d')).toBe('2')
  tables.remove('d')
  expect(rows()).toEqual([0, 0, 0, 0, 0, 0])
})
