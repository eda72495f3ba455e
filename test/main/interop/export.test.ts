import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { expect, test } from 'vitest'
import type { RunExportFormat } from '#contract/domain/run-export.ts'
import { csvLine } from '#main/interop/csv.ts'
import type { ExportedRun } from '#main/interop/exporter.ts'
import { readPoints } from '#main/interop/points.ts'
import { RunExports } from '#main/interop/service.ts'
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
import { at, exportedRun, metrics, started } from './runs.ts'

const events = [
  started(1, 0),
  metrics(1, { 'train/loss': 0.5, 'optimizer/learning-rate': 1e-300 }),
  metrics(2, { 'train/loss': 0.4 }),
  metrics(3, { 'train/loss': 0.3 }),
  started(2, 1),
  metrics(2, { 'train/loss': 'Infinity' }),
  metrics(3, { 'train/loss': 0.25 }),
  metrics(3, { 'train/loss': 'NaN', 'validation/loss': 0.1 + 0.2 }),
]

async function pointsOf(run: ExportedRun) {
  const points = []
  for await (const batch of readPoints(run.events)) points.push(...batch)
  return points
}

function serviceOf(...runs: ExportedRun[]) {
  const service = new RunExports(
    (id) => {
      const found = runs.find(({ run }) => run.id === id)
      if (found === undefined) throw new Error(`There is no run ${id}.`)
      return found
    },
    () => null,
  )
  const to = join(temporaryFolder(), 'new', 'export')
  const ids = runs.map(({ run }) => run.id)
  return { to, write: (format: RunExportFormat, force = false) => service.export({ ids, format, to, force }) }
}

test('points of an attempt that was computed again are left out, and the last value at a step counts', async () => {
  const points = await pointsOf(exportedRun(events))
  expect(
    points.map(({ metric, step, value, timeMs }) => [metric, step, value, new Date(timeMs).toISOString()]),
  ).toEqual([
    ['train/loss', 1, 0.5, at(1)],
    ['optimizer/learning-rate', 1, 1e-300, at(1)],
    ['train/loss', 2, Number.POSITIVE_INFINITY, at(2)],
    ['train/loss', 3, Number.NaN, at(3)],
    ['validation/loss', 3, 0.1 + 0.2, at(3)],
  ])
})

test('a damaged line and a line without its end are left out', async () => {
  const run = exportedRun([metrics(1, { a: 1 })])
  writeFileSync(run.events, `${readFileSync(run.events, 'utf8')}{"type":"met\n${JSON.stringify(metrics(2, { a: 2 }))}`)
  expect(await pointsOf(run)).toMatchObject([{ step: 1 }])
})

test('CSV has every point exactly, and a line for each run', async () => {
  const { to, write } = serviceOf(
    exportedRun(events),
    exportedRun([], { id: 'second', stage: 'finetune', preset: 'a', summaries: [] }),
  )
  const written = await write('csv')
  expect(written).toMatchObject({ runs: 2, points: 5, notes: ['The run second.distill has no points yet.'] })
  expect(written.files.map(({ name }) => name)).toEqual(['points.csv', 'runs.csv'])
  expect(readdirSync(to).toSorted()).toEqual(['points.csv', 'runs.csv'])
  expect(readFileSync(join(to, 'points.csv'), 'utf8')).toBe(
    [
      'run,metric,step,time,value',
      `first.distill,train/loss,1,${at(1)},0.5`,
      `first.distill,optimizer/learning-rate,1,${at(1)},1e-300`,
      `first.distill,train/loss,2,${at(2)},inf`,
      `first.distill,train/loss,3,${at(3)},NaN`,
      `first.distill,validation/loss,3,${at(3)},0.30000000000000004`,
      '',
    ].join('\n'),
  )
  const [first, second] = parse<Record<string, string>>(readFileSync(join(to, 'runs.csv')), { columns: true })
  expect(first).toMatchObject({
    run: 'first.distill',
    stage: 'distill',
    'general.seed': '0',
    'distill.batchSize': '2',
    'finetune.batchSize': '',
    'train.loss.last': 'NaN',
    'train.loss.min': '0.25',
    'train.loss.max': 'inf',
  })
  expect(second).toMatchObject({ run: 'second.distill', 'finetune.batchSize': '2', 'train.loss.last': '' })
})

test('a cell with a comma, a quote or a line break is quoted', () => {
  const cells = ['a,b', 'say "x"', 'two\nlines', 'plain', 1, true, null]
  expect(parse(csvLine(cells))).toEqual([['a,b', 'say "x"', 'two\nlines', 'plain', '1', 'true', '']])
})

test('Parquet has typed columns that another reader reads', async () => {
  const { to, write } = serviceOf(
    exportedRun(events),
    exportedRun([], { id: 'second', startedAt: null, summaries: [] }),
  )
  await write('parquet')
  const read = async (name: string) => await parquetReadObjects({ file: await asyncBufferFromFile(join(to, name)) })
  expect(await read('points.parquet')).toEqual(
    [
      ['train/loss', 1, 0.5],
      ['optimizer/learning-rate', 1, 1e-300],
      ['train/loss', 2, Number.POSITIVE_INFINITY],
      ['train/loss', 3, Number.NaN],
      ['validation/loss', 3, 0.1 + 0.2],
    ].map(([metric, step, value]) => ({
      run: 'first.distill',
      metric,
      step: BigInt(Number(step)),
      time: new Date(at(Number(step))),
      value,
    })),
  )
  expect(await read('runs.parquet')).toMatchObject([
    {
      run: 'first.distill',
      started: new Date(at(0)),
      'distill.batchSize': 2,
      'train.loss.last': Number.NaN,
      'train.loss.max': Number.POSITIVE_INFINITY,
    },
    { run: 'second.distill', started: null, 'train.loss.last': null },
  ])
})

test('Parquet is written in row groups', async () => {
  const steps = Array.from({ length: 60_000 }, (_, step) => metrics(step, { a: step }))
  const { to, write } = serviceOf(exportedRun(steps))
  expect(await write('parquet')).toMatchObject({ points: 60_000 })
  const rows = await parquetReadObjects({
    file: await asyncBufferFromFile(join(to, 'points.parquet')),
    columns: ['value'],
    rowStart: 49_999,
    rowEnd: 50_002,
  })
  expect(rows).toEqual([{ value: 49_999 }, { value: 50_000 }, { value: 50_001 }])
})

test('files are replaced only on request, and a refused export leaves nothing behind', async () => {
  const { to, write } = serviceOf(exportedRun(events))
  mkdirSync(to, { recursive: true })
  writeFileSync(join(to, 'runs.csv'), 'mine')
  writeFileSync(join(to, 'other.txt'), 'mine too')
  await expect(write('csv')).rejects.toThrow(`The folder ${to} already has runs.csv.`)
  expect(readdirSync(to).toSorted()).toEqual(['other.txt', 'runs.csv'])
  expect(readFileSync(join(to, 'runs.csv'), 'utf8')).toBe('mine')
  await write('csv', true)
  expect(readFileSync(join(to, 'runs.csv'), 'utf8')).toMatch(/^run,/)
  expect(readFileSync(join(to, 'other.txt'), 'utf8')).toBe('mine too')
})

test('event files of others are not mixed with those of a run', async () => {
  const { to, write } = serviceOf(exportedRun(events))
  mkdirSync(join(to, 'first.distill'), { recursive: true })
  writeFileSync(join(to, 'first.distill', 'events.out.tfevents.1.host'), '')
  await expect(write('tensorboard', true)).rejects.toThrow(/TensorBoard would mix its curves/)
})

test('a file in place of the folder is refused by name', async () => {
  const { to, write } = serviceOf(exportedRun(events))
  mkdirSync(join(to, '..'))
  writeFileSync(to, '')
  await expect(write('csv')).rejects.toThrow(`${to} cannot be a folder`)
  expect(statSync(to).isFile()).toBe(true)
})

test('a value that TensorBoard cannot hold is said', async () => {
  const { to, write } = serviceOf(exportedRun([metrics(1, { a: 1e300, b: 'Infinity' })]))
  const { notes, files } = await write('tensorboard')
  expect(notes[0]).toMatch(/^1 value is beyond the range of the 32-bit numbers of TensorBoard/)
  expect(files.every(({ name, sizeBytes }) => existsSync(join(to, name)) && sizeBytes > 0)).toBe(true)
})

test('a studio exports its runs, with as many points as it shows', async () => {
  const studio = await openTestStudio(temporaryFolder())
  await importFolder(studio, folderOf(videosOf(['a', 'b'], 10)))
  const { runIds } = await studio.client.pipelines.launch(
    requestFor('shapes', (configuration) => {
      configuration.stages = ['video-teacher']
    }),
  )
  const id = runIds[0]!
  const { summaries } = await untilStatus(studio, id, 'finished')
  const to = join(temporaryFolder(), 'export')
  const { points, files } = await studio.client.runs.export({ ids: [id], format: 'tensorboard', to })
  expect(points).toBe(summaries.reduce((sum, { count }) => sum + count, 0))
  expect(files.map(({ name }) => name)).toEqual([
    expect.stringMatching(/\.video-teacher\/events\.out\.tfevents\.\d{10}\.mvd-studio$/),
  ])
  const again = (ids: string[], folder: string) =>
    refusal(studio.client.runs.export({ ids, format: 'tensorboard', to: folder }))
  expect(await again([id], to)).toMatch(
    /^already-exists: The folder .* already has .*\nChoose another folder, or replace/,
  )
  expect(await again([id], 'relative')).toMatch(/^bad-request: The path "relative" to export to is not absolute/)
  expect(await again(['none'], to)).toMatch(/^not-found: There is no run none/)
})

test('a cancelled export leaves nothing behind', async () => {
  const run = exportedRun(Array.from({ length: 5000 }, (_, step) => metrics(step, { a: step })))
  for (const format of ['csv', 'parquet', 'tensorboard', 'mlflow'] as const) {
    const to = join(temporaryFolder(), format)
    const abort = new AbortController()
    const service = new RunExports(
      () => {
        setImmediate(() => abort.abort())
        return run
      },
      () => null,
    )
    await expect(service.export({ ids: [run.run.id], format, to, force: false }, abort.signal)).rejects.toThrow(
      'This operation was aborted',
    )
    expect(readdirSync(to)).toEqual([])
  }
})
