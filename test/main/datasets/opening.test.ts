import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type DatasetManifest, defaultSplitSet } from '#contract/domain/dataset.ts'
import { defaultDrawing } from '#contract/domain/split-drawing.ts'
import { openDatabase, type StudioDatabase } from '#main/database/open.ts'
import { folderTasks } from '#main/datasets/folder-tasks.ts'
import { indexDatasets, indexInTurns } from '#main/datasets/indexing.ts'
import { IntegrityFile } from '#main/datasets/integrity/records.ts'
import { videoId } from '#main/datasets/manifest.ts'
import { DatasetQueries } from '#main/datasets/queries.ts'
import { Datasets } from '#main/datasets/service.ts'
import { DatasetStore } from '#main/datasets/store.ts'
import type { RunTask } from '#main/executors/task.ts'
import { writeDataset } from '#node/dataset-files.ts'
import { writeExclusions } from '#node/exclusions.ts'
import { writeJson } from '#node/json-file.ts'
import { workspacePaths } from '#node/workspace-paths.ts'
import { type Executed, noteStatements } from '../../support/noted-database.ts'
import { temporaryFolder } from '../support.ts'

const classes = ['a', 'b']
const none = { count: 0, examples: [] }

function manifestOf(count: number): DatasetManifest {
  const videos = Array.from({ length: count }, (_, index) => {
    const path = `${classes[index % 2]}/${index}.mp4`
    const facts = { frameCount: 20, width: 64, height: 48, framesPerSecond: 25, durationMs: 800, codec: 'h264' }
    return { id: videoId(path), path, ...facts, sizeBytes: 1000, digest: String(index) }
  })
  return {
    name: 'd',
    root: '/d',
    createdAt: '2026-01-01T00:00:00Z',
    digest: String(count),
    labelSets: [{ name: 'class', classes }],
    videos,
    samples: videos.map(({ id }, index) => ({ id, video: id, labels: { class: index % 2 } })),
    splitSets: [{ name: defaultSplitSet, splits: Object.fromEntries(videos.map(({ id }) => [id, 'train'] as const)) }],
    report: {
      source: { format: 'folder-per-class' },
      drawing: defaultDrawing,
      followLinks: false,
      leftOut: [],
      warnings: [],
      notes: [],
      repeats: { acrossSplits: none, acrossClasses: none, elsewhere: 0 },
    },
    broken: Array.from({ length: count / 10 }, (_, index) => ({ path: `c/${index}.mp4`, reason: 'it is no video' })),
  }
}

const noProcess: RunTask = () => Promise.reject(new Error('There is no process for folders.'))

/** A studio with a dataset of which half of the videos are rotated, a tenth are copies, and a fifth are excluded. */
function openDatasets(count: number, runFolderTask: RunTask = noProcess) {
  const workspace = workspacePaths(temporaryFolder())
  mkdirSync(workspace.datasets)
  const store = new DatasetStore(workspace.datasets)
  const manifest = manifestOf(count)
  mkdirSync(store.folder('d'))
  writeDataset(store.folder('d'), manifest)
  const paths = manifest.videos.map(({ path }) => path)
  const file = new IntegrityFile(store.folder('d'))
  file.add(
    paths.map((path, index) => ({
      file: { path, isDecoded: true, frameCount: 20, traits: { pixelFormat: 'yuv420p', isRotated: index % 2 === 0 } },
    })),
  )
  const copies = paths.slice(0, count / 10).map((path) => ({ path, of: paths.at(-1)!, isAcrossSplits: true }))
  file.add([{ comparison: { repeated: copies, nearDuplicates: [], notListed: [] } }])
  const excluded = manifest.samples.slice(0, count / 5).map(({ id }) => [id, 'rotated'] as const)
  writeExclusions(store.folder('d'), Object.fromEntries(excluded))

  const executed: Executed[] = []
  const database = openDatabase(join(workspace.root, 'studio.sqlite'))
  const datasets = new Datasets({
    workspace,
    database: noteStatements(database, (one) => executed.push(one)),
    runTask: () => Promise.reject(new Error('There are no children.')),
    runFolderTask,
    usersOf: () => [],
    isBusy: () => true,
    onProblem: (problem) => {
      throw problem
    },
  })
  onTestFinished(async () => {
    await datasets.close()
    database.close()
  })
  datasets.open()
  executed.length = 0
  return { datasets, database, executed, store }
}

/** What the page of a dataset asks when it opens, and when its first verdict is opened. */
const openPage = ({ datasets }: ReturnType<typeof openDatasets>) => ({
  detail: datasets.get('d'),
  samples: datasets.samples({ name: 'd', offset: 0, limit: 40, labelSet: 'class' }),
  versions: datasets.versions('d'),
  broken: datasets.broken({ name: 'd', offset: 0, limit: 10 }),
  summary: datasets.integrity.summary('d'),
  findings: datasets.integrity.findings({ name: 'd', verdict: 'rotated', offset: 0, limit: 10 }),
})

test('the page of a dataset opens with as many rows of a large dataset as of a small one', () => {
  const [small, large] = [openDatasets(100), openDatasets(2000)]
  openPage(small)
  const { samples, summary, findings } = openPage(large)
  expect(samples.total).toBe(2000)
  expect(summary).toMatchObject({
    videos: 2000,
    checked: 2000,
    isCompared: true,
    counts: [
      { verdict: 'unreadable', files: 200, acrossSplits: 0, samples: 0, excluded: 0 },
      { verdict: 'rotated', files: 1000, acrossSplits: 0, samples: 1000, excluded: 200 },
      { verdict: 'repeated', files: 200, acrossSplits: 200, samples: 200, excluded: 200 },
    ],
    exclusions: { number: 1, samples: 400, chosen: 0, canUndo: true },
  })
  expect(findings).toMatchObject({ total: 1000, files: { length: 10, 0: { path: 'a/0.mp4', isExcluded: true } } })
  expect(large.executed).toEqual(small.executed)
})

test('no statement of the opening page walks over all rows of a dataset', () => {
  const studio = openDatasets(100)
  openPage(studio)
  const steps = studio.executed.flatMap(({ sql }) =>
    studio.database
      .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...Array<null>(sql.split('?').length - 1).fill(null))
      .map(({ detail }) => detail),
  )
  const large = /^(?:SCAN|SEARCH) (?:sample|video|finding|broken_file|excluded_sample)\b/
  const looked = steps.filter((step) => large.test(step))
  expect(looked.length).toBeGreaterThan(3)
  // A search has a condition besides that of the dataset.
  for (const step of looked) expect(step).toMatch(/^SEARCH .*(?:AND|rowid=)/)
})

/** What the tables hold of the dataset, without its key. */
const rowsOf = (database: StudioDatabase) => ({
  ...database
    .prepare<[], { summary: string; detail: string }>('SELECT summary, detail FROM dataset, dataset_index')
    .get(),
  samples: database.prepare('SELECT position, id, labels, split, splits FROM sample ORDER BY position').all(),
})

/** The same of other tables, filled from the files. */
function filledAgain(store: DatasetStore) {
  const database = openDatabase(join(temporaryFolder(), 'studio.sqlite'))
  onTestFinished(() => void database.close())
  indexDatasets(store, new DatasetQueries(database), (problem) => {
    throw problem
  })
  return rowsOf(database)
}

const parsed = ({ summary, detail, ...rest }: ReturnType<typeof rowsOf>) => ({
  ...rest,
  summary: JSON.parse(summary!),
  detail: JSON.parse(detail!),
})

test.each(['one split set', 'two split sets'])(
  'with %s, other exclusions write the rows of their samples alone, which are then as if all were written',
  (sets) => {
    const { datasets, database, executed, store } = openDatasets(100)
    const { samples } = manifestOf(100)
    if (sets === 'two split sets') {
      const splits = Object.fromEntries(samples.map(({ id }) => [id, 'test'] as const))
      const drawn = { version: 1 as const, name: 'drawn-2' as const, createdAt: '2026-01-01T00:00:00Z' }
      mkdirSync(join(store.folder('d'), 'split-sets'))
      writeJson(join(store.folder('d'), 'split-sets/drawn-2.json'), { ...drawn, drawing: defaultDrawing, splits })
      datasets.get('d')
    }
    const changes = [
      {
        change: () => datasets.integrity.exclude({ ...request, samples: [samples[50]!.id, samples[71]!.id] }),
        rows: 2,
      },
      { change: () => datasets.integrity.undo('d'), rows: 2 },
      { change: () => datasets.integrity.undo('d'), rows: 20 },
    ]
    for (const { change, rows } of changes) {
      executed.length = 0
      change()
      const written = executed.filter(({ sql }) => /^\s*(?:INSERT INTO|UPDATE|DELETE FROM) sample\b/.test(sql))
      expect(written.map(({ sql }) => sql.trim().split(' ')[0])).toEqual(Array(rows).fill('UPDATE'))
      expect(parsed(rowsOf(database))).toEqual(parsed(filledAgain(store)))
    }
  },
)
const request = { name: 'd', verdicts: [], acrossSplits: false }

/** A studio with the files of a larger version of its dataset. */
function newer() {
  const { datasets, database, store } = openDatasets(100)
  rmSync(store.folder('d'), { recursive: true })
  mkdirSync(store.folder('d'))
  writeDataset(store.folder('d'), manifestOf(6000))
  return { datasets, database, store, queries: new DatasetQueries(database) }
}
const countOf = (database: StudioDatabase, table: string) =>
  database.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get()

describe('rows that are written in turns', () => {
  const running = new AbortController().signal
  test('are those before until all are there, and then as if they had been written at once', async () => {
    const { database, store, queries } = newer()
    const written = indexInTurns(store, queries, 'd', running)
    expect(countOf(database, 'sample')).toBeGreaterThan(1000)
    expect(countOf(database, 'sample')).toBeLessThan(6000)
    expect(queries.get('d')?.videoCount).toBe(100)
    await written
    expect(queries.get('d')?.videoCount).toBe(6000)
    expect(parsed(rowsOf(database))).toEqual(parsed(filledAgain(store)))
  })

  test('and a dataset that is asked for meanwhile is the new one', async () => {
    const { datasets, database, store, queries } = newer()
    const written = indexInTurns(store, queries, 'd', running)
    expect(datasets.get('d').sampleCount).toBe(6000)
    await written
    expect(parsed(rowsOf(database))).toEqual(parsed(filledAgain(store)))
    expect(countOf(database, 'sample')).toBe(6000)
  })

  test('are removed if the studio closes meanwhile, or when it starts after it was killed', async () => {
    const { database, store, queries } = newer()
    const closing = new AbortController()
    const written = indexInTurns(store, queries, 'd', closing.signal)
    closing.abort()
    await expect(written).rejects.toThrow('aborted')
    expect([countOf(database, 'sample'), countOf(database, 'dataset_index')]).toEqual([100, 1])

    const killed = indexInTurns(store, queries, 'd', closing.signal)
    expect(countOf(database, 'dataset_index')).toBe(2)
    queries.removeUnfinished()
    expect([countOf(database, 'sample'), countOf(database, 'dataset_index')]).toEqual([100, 1])
    await expect(killed).rejects.toThrow('aborted')
  })
})

/** As the process for folders, in this one. */
const drawing: RunTask = async (name, input, { signal } = {}) => {
  const task = await folderTasks(noProcess)['draw-splits']()
  if (name !== 'draw-splits') throw new Error(`There is no task ${name}.`)
  return task(input as never, () => {}, signal ?? new AbortController().signal) as never
}

describe('splits that are drawn again', () => {
  test('are written into the tables in turns, and an exclusion meanwhile holds', async () => {
    const { datasets, database, store } = openDatasets(22_000, drawing)
    const drawn = datasets.split({ name: 'd', drawing: defaultDrawing })
    const file = join(store.folder('d'), 'split-sets', 'drawn-2.json')
    await vi.waitFor(() => expect(existsSync(file)).toBe(true), { interval: 1 })
    expect(datasets.get('d').splitSets).toEqual(['default'])
    datasets.integrity.exclude({ ...request, samples: [manifestOf(22_000).samples.at(-1)!.id] })
    expect(datasets.get('d').exclusions?.number).toBe(2)
    expect((await drawn).name).toBe('drawn-2')
    expect(datasets.get('d').splitSets).toEqual(['default', 'drawn-2'])
    expect(parsed(rowsOf(database))).toEqual(parsed(filledAgain(store)))
    expect([countOf(database, 'sample'), countOf(database, 'dataset_index')]).toEqual([22_000, 1])
  })

  test('are refused if others of their name, or another version, are there by then', async () => {
    const { store } = openDatasets(100)
    const set = { version: 1, name: 'drawn-2', createdAt: '', drawing: defaultDrawing, splits: {} }
    const write = (meanwhile: () => unknown) => async (file: string) => {
      writeJson(file, set)
      await meanwhile()
      return 'drawn-2' as const
    }
    const changed = 'The dataset d was changed while its splits were drawn.'
    await expect(
      store.addSplits(
        'd',
        write(() => writeDataset(store.folder('d'), manifestOf(90))),
      ),
    ).rejects.toThrow(changed)
    await expect(
      store.addSplits(
        'd',
        write(() =>
          store.addSplits(
            'd',
            write(() => {}),
          ),
        ),
      ),
    ).rejects.toThrow(changed)
    expect(store.open('d').detail.splitSets).toEqual(['default', 'drawn-2'])
    expect(readdirSync(dirname(store.folder('d')))).toEqual(['d'])
  })
})

test('if the exclusions before were changed by hand, all rows are written', () => {
  const { datasets, database, store } = openDatasets(100)
  const [first, , , chosen] = manifestOf(100).samples
  writeExclusions(store.folder('d'), { [chosen!.id]: 'chosen' })
  const file = join(store.folder('d'), 'exclusions', '1.json')
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), samples: { [first!.id]: 'chosen' } }))
  expect(datasets.get('d').exclusions?.number).toBe(2)
  expect(parsed(rowsOf(database))).toEqual(parsed(filledAgain(store)))
})
