import { beforeEach, describe, expect, test } from 'vitest'
import { describeDataset, type SampleRequest } from '#contract/domain/dataset-detail.ts'
import { linesOf } from '#contract/domain/dataset-lines.ts'
import { samplesOf, withSplitSet } from '#contract/domain/dataset.ts'
import { searchBy } from '#contract/query/evaluate.ts'
import { openDatabase } from '#main/database/open.ts'
import { FindingRows } from '#main/datasets/integrity/finding-rows.ts'
import { DatasetQueries } from '#main/datasets/queries.ts'
import { SampleCounts } from '#main/datasets/sample-counts.ts'
import { SampleSearch } from '#main/datasets/sample-search.ts'
import { clipFields, excludedInTests } from '../../support/clip-fields.ts'
import { statisticsOf } from '../../support/statistics.ts'
import { variedDataset } from '../../support/varied-dataset.ts'

const manifest = variedDataset
const detail = describeDataset(manifest)
const samples = samplesOf(manifest)

let queries: DatasetQueries
let search: SampleSearch
beforeEach(() => {
  const database = openDatabase(':memory:')
  queries = new DatasetQueries(database)
  queries.put(detail, '1', linesOf(manifest))
  const excluded = Object.fromEntries([...excludedInTests].map((id) => [id, 'chosen' as const]))
  const findings = new FindingRows(database)
  findings.put('d', { stamp: '', checked: 0, isCompared: false }, [], [])
  // They are put into the tables when they are searched.
  search = new SampleSearch(database, (name) =>
    findings.putExclusions(name, { version: 1, number: 1, createdAt: '', previous: 0, samples: excluded, digest: '' }),
  )
})
const page = (request: Omit<SampleRequest, 'name' | 'offset' | 'limit'> = {}, offset = 0, limit = 500) =>
  search.page(queries.open('d').key, queries.open('d').detail, { name: 'd', offset, limit, ...request })

test('every sample, video and unused file is read as it was stored, in its order', () => {
  expect(page().samples).toEqual(samples)
  expect(page().total).toBe(samples.length)
  expect([...queries.videos('d')]).toEqual(manifest.videos)
  expect([...queries.brokenFiles('d')]).toEqual(manifest.broken)
  expect(queries.broken({ name: 'd', offset: 1, limit: 5 })).toEqual({ total: 2, files: manifest.broken.slice(1) })
  expect(queries.video('d', 'v7')).toEqual(manifest.videos[7])
  expect(queries.open('d').detail).toEqual(detail)
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
    'is:excluded',
    'excluded = off split:train',
    'boxes > 0',
    'boxes = 0 group:x',
    'boxClass = stand',
    `boxClass in ("o'clock", sit)`,
    'not has:boxClass',
    'stan',
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

test.each(['default', 'split-1', 'split-2'] as const)(
  'the counts of the split set %s are those of its samples',
  (name) => {
    const database = openDatabase(':memory:')
    const tables = new DatasetQueries(database)
    tables.put(detail, '1', linesOf(manifest))
    const counts = new SampleCounts(database).of(tables.open('d').key, detail, name)
    expect(counts).toEqual(statisticsOf(withSplitSet(manifest, name)))
  },
)

const histogram = (fact: 'frames' | 'fps' | 'size', filter = '') =>
  search.histogram(queries.open('d').key, queries.open('d').detail, { name: 'd', fact, filter }).bins

describe('a histogram', () => {
  test('has a bin for each value if there are few', () =>
    expect(histogram('fps')).toEqual([
      { from: 25, to: 25, count: 48 },
      { from: 29.97, to: 29.97, count: 18 },
    ]))

  test.each(['', 'split:train'])('has bins whose filter selects as many samples: %s', (filter) => {
    const bins = histogram('frames', filter)
    expect(bins).toHaveLength(12)
    for (const [index, { from, to, count }] of bins.entries()) {
      const end = index === bins.length - 1 ? `frames <= ${to}` : `frames < ${to}`
      expect(page({ filter: `${filter} frames >= ${from} ${end}` }).total).toBe(count)
    }
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(page({ filter }).total)
  })

  test('of nothing has no bins', () => expect(histogram('size', 'size > 1TB')).toEqual([]))
})
