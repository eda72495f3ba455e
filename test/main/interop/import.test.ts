import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { unpackSeries } from '#contract/domain/packed-series.ts'
import type { RunImportRequest } from '#contract/domain/run-import.ts'
import { reindex } from '#main/app/reindex.ts'
import { mlflow } from '#main/interop/mlflow.ts'
import { bytesField, doubleField, floatField, wholeField } from '#main/interop/protobuf.ts'
import { encodeRecord } from '#main/interop/record-file.ts'
import { readTensorBoard } from '#main/interop/tensorboard-reader.ts'
import { restartRecord, tensorBoard } from '#main/interop/tensorboard.ts'
import { openTestStudio, refusal, temporaryFolder, type TestStudio } from '../support.ts'
import { at, exportedRun, metrics, started } from './runs.ts'

/** One event with values of tags, as TensorBoard writes it. */
const event = (step: number, values: readonly (readonly Buffer[])[], seconds = 1_700_000_000 + step): Buffer =>
  encodeRecord(
    Buffer.concat([
      doubleField(1, seconds),
      ...(step < 0 ? [] : [wholeField(2, step)]),
      bytesField(
        5,
        values.map((value) => bytesField(1, value)),
      ),
    ]),
  )
const scalar = (tag: string, value: number) => [bytesField(1, tag), floatField(2, value)]
const plugin = (name: string) => bytesField(9, [bytesField(1, [bytesField(1, name)])])
/** A tensor of data type `type` without dimensions. */
const tensor = (tag: string, type: number, content: readonly Buffer[], of?: string) => [
  bytesField(1, tag),
  ...(of === undefined ? [] : [plugin(of)]),
  bytesField(8, [wholeField(1, type), bytesField(2, []), ...content]),
]
const version = encodeRecord(Buffer.concat([doubleField(1, 1_700_000_000), bytesField(3, 'brain.Event:2')]))

function eventFile(folder: string, records: readonly Buffer[], name = 'events.out.tfevents.1700000000.host'): string {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, name)
  writeFileSync(file, Buffer.concat([version, ...records]))
  return file
}

const loss = (...steps: number[]) => steps.map((step) => event(step, [scalar('loss', 1 / (step + 1))]))
const half = Buffer.from([0x00, 0x3e])

describe('event files', () => {
  test('scalars are read whether they are numbers or tensors, and other data is named', async () => {
    const folder = temporaryFolder()
    eventFile(folder, [
      event(0, [
        scalar('simple', 0.25),
        tensor('float', 1, [floatField(5, 0.5)], 'scalars'),
        tensor('double', 2, [bytesField(4, [doubleField(0, 1e-300).subarray(1)])], 'scalars'),
        tensor('half', 19, [bytesField(4, half)], 'scalars'),
        tensor('packed', 9, [bytesField(10, Buffer.from([7]))], 'scalars'),
        [bytesField(1, 'weights'), bytesField(5, [])],
        [bytesField(1, 'picture'), bytesField(4, [])],
        tensor('pr', 1, [floatField(5, 1)], 'pr_curves'),
      ]),
      event(1, [tensor('float', 1, [floatField(5, Number.NaN)]), scalar('simple', Number.NEGATIVE_INFINITY)]),
    ])
    const { runs } = await readTensorBoard(folder)
    expect(runs).toHaveLength(1)
    expect(
      Object.fromEntries(Array.from(runs[0]!.series, ([name, { steps, values }]) => [name, [steps, values]])),
    ).toEqual({
      simple: [
        [0, 1],
        [0.25, Number.NEGATIVE_INFINITY],
      ],
      float: [
        [0, 1],
        [0.5, Number.NaN],
      ],
      double: [[0], [1e-300]],
      half: [[0], [1.5]],
      packed: [[0], [7]],
    })
    expect(runs[0]!.series.get('simple')!.timesMs).toEqual([1_700_000_000_000, 1_700_000_001_000])
    expect(runs[0]!.notes).toEqual([
      '1 histogram tag not imported, since only scalars are: weights.',
      '1 image tag not imported, since only scalars are: picture.',
      '1 tensor tag not imported, since only scalars are: pr.',
    ])
  })

  test('files of a folder are joined, and a restart removes the points that are computed again', async () => {
    const folder = temporaryFolder()
    eventFile(folder, loss(0, 1, 2, 3))
    eventFile(folder, [restartRecord(0, 1), event(2, [scalar('loss', 20)])], 'events.out.tfevents.1700000009.host')
    eventFile(join(folder, 'b', 'c'), loss(0))
    const { runs } = await readTensorBoard(folder)
    expect(runs.map(({ source }) => source.name).slice(1)).toEqual(['b/c'])
    expect(runs[0]!.series.get('loss')).toMatchObject({ steps: [0, 1, 2], values: [1, 0.5, 20] })
  })

  test('of points with the same step the last one counts, and what is left out is said', async () => {
    const folder = temporaryFolder()
    const negative = encodeRecord(
      Buffer.concat([
        doubleField(1, 1_700_000_000),
        Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
        bytesField(5, [bytesField(1, scalar('loss', 1))]),
      ]),
    )
    eventFile(folder, [...loss(0, 2), event(1, [scalar('loss', 5)]), event(2, [scalar('loss', 6)]), negative])
    const { runs } = await readTensorBoard(folder)
    expect(runs[0]!.series.get('loss')).toMatchObject({ steps: [0, 1, 2], values: [1, 5, 6] })
    expect(runs[0]!.notes).toEqual([
      '1 point was left out, since a later point has the same metric and step.',
      '1 point with a step that is negative or above 2^53 was left out.',
    ])
  })

  test('a file that ends within a record is read up to there', async () => {
    const folder = temporaryFolder()
    const file = eventFile(folder, loss(0, 1))
    truncateSync(file, readFileSync(file).length - 5)
    const { runs } = await readTensorBoard(folder)
    expect(runs[0]!.series.get('loss')!.steps).toEqual([0])
    expect(runs[0]!.notes[0]).toMatch(/ends within a record \(\d+ B\), as a file does that is still written/)
  })

  test('a damaged record is skipped, and behind a damaged length nothing is read', async () => {
    const folder = temporaryFolder()
    const records = loss(0, 1, 2)
    records[1]![20]! ^= 1
    const file = eventFile(folder, records)
    expect((await readTensorBoard(file)).runs[0]).toMatchObject({
      notes: ['events.out.tfevents.1700000000.host: 1 record with a wrong checksum was skipped.'],
    })
    records[1]![0]! ^= 1
    eventFile(folder, records)
    const [run] = (await readTensorBoard(folder)).runs
    expect(run!.series.get('loss')!.steps).toEqual([0])
    expect(run!.notes[0]).toMatch(/is damaged at byte \d+; nothing behind it could be read/)
    writeFileSync(file, 'This is a text about tfevents.')
    expect((await readTensorBoard(folder)).runs[0]!.notes).toEqual([
      'events.out.tfevents.1700000000.host is not an event file: the checksum of its first record is wrong.',
    ])
  })
})

const importer =
  ({ client }: TestStudio, path: string) =>
  (more: Partial<RunImportRequest> = {}) =>
    client.runs.import({ path, stage: 'finetune', ...more })

const curve = async ({ client }: TestStudio, runId: string, name: string) => {
  const [series] = await client.metrics.series({ runIds: [runId], names: [name], maxBuckets: 1000 })
  if (series === undefined) return undefined
  const { start, last } = unpackSeries(series, Buffer.from(series.columns, 'base64'))
  return start.map((step, index) => [step, last[index]])
}

describe('imported runs', () => {
  test('are runs of the workspace that can be searched, and grow when they are imported again', async () => {
    const studio = await openTestStudio(temporaryFolder())
    const folder = temporaryFolder()
    const logs = join(folder, 'logs')
    const file = eventFile(join(logs, 'My Run'), [...loss(0, 1), event(2, [scalar('loss', Number.NaN)])])
    const run = importer(studio, logs)
    expect(await run({ dryRun: true })).toMatchObject({
      format: 'tensorboard',
      runs: [{ name: 'My Run', id: null, state: 'new', metrics: 1, points: 3, newPoints: 3 }],
    })
    expect(await studio.client.runs.list({})).toEqual([])
    expect(await run()).toMatchObject({ runs: [{ id: 'my-run.finetune', state: 'new' }] })
    const { run: listed, pipeline, file: runFile } = await studio.client.runs.get({ id: 'my-run.finetune' })
    expect(listed).toMatchObject({
      status: 'imported',
      stage: 'finetune',
      dataset: 'unknown',
      engine: null,
      startedAt: new Date(1_700_000_000_000).toISOString(),
      endedAt: new Date(1_700_000_002_000).toISOString(),
      step: 2,
      durationMs: 2000,
      summaries: [{ name: 'loss', last: 'NaN', lastStep: 2, count: 3 }],
    })
    expect(runFile).toBeNull()
    expect(pipeline).toMatchObject({
      configuration: null,
      imported: { name: 'My Run' },
      organization: { name: 'My Run' },
    })
    expect(await curve(studio, 'my-run.finetune', 'loss')).toEqual([
      [0, 1],
      [1, 0.5],
      [2, 'NaN'],
    ])
    const search = async (query: string) => await studio.client.runs.search({ query })
    expect(await search('status:imported and loss.max = 1')).toEqual({ ids: ['my-run.finetune'], problems: [] })
    expect((await search('source:*logs*')).ids).toEqual(['my-run.finetune'])

    expect((await run()).runs).toMatchObject([{ state: 'unchanged', newPoints: 0 }])
    appendFileSync(file, Buffer.concat([event(3, [scalar('loss', 7)])]))
    expect((await run()).runs).toMatchObject([{ state: 'changed', newPoints: 1 }])
    expect(await curve(studio, 'my-run.finetune', 'loss')).toEqual([
      [0, 1],
      [1, 0.5],
      [2, 'NaN'],
      [3, 7],
    ])
    // The run was restarted from step 1.
    eventFile(
      join(logs, 'My Run'),
      [restartRecord(0, 0), event(1, [scalar('loss', 3)])],
      'events.out.tfevents.1700000009.host',
    )
    expect((await run()).runs).toMatchObject([{ state: 'changed', newPoints: 1 }])
    expect(await curve(studio, 'my-run.finetune', 'loss')).toEqual([
      [0, 1],
      [1, 3],
    ])
    expect((await studio.client.runs.get({ id: 'my-run.finetune' })).run).toMatchObject({ status: 'imported', step: 1 })
    expect((await run()).runs).toMatchObject([{ state: 'unchanged' }])
  })

  test('survive a new index, a new start, the trash and an export', async () => {
    const studio = await openTestStudio(temporaryFolder())
    const folder = temporaryFolder()
    eventFile(join(folder, 'a'), loss(0, 1))
    await importer(studio, folder)()
    const before = await studio.client.runs.list({})
    await studio.close()
    const report = await reindex({ workspace: studio.workspace })
    expect(report.problems).toEqual([])
    const again = await openTestStudio(studio.workspace)
    expect(await again.client.runs.list({})).toEqual(before)
    expect(await refusal(again.client.runs.resume({ id: 'a.finetune' }))).toContain(
      'The run a.finetune was computed by another program, so it cannot be resumed.',
    )
    expect(await refusal(again.client.pipelines.requestOf({ id: 'a.finetune' }))).toContain(
      'The run a.finetune was computed by another program, so it has no configuration to launch again.',
    )
    const to = join(folder, 'out')
    expect(await again.client.runs.export({ ids: ['a.finetune'], format: 'csv', to })).toMatchObject({ points: 2 })
    const [entry] = await again.client.trash.put({ items: [{ kind: 'run', id: 'a.finetune' }] })
    expect(await again.client.runs.list({})).toEqual([])
    await again.client.trash.restore({ entryIds: [entry!.entryId] })
    expect(await again.client.runs.list({})).toMatchObject([{ id: 'a.finetune', status: 'imported' }])
    expect(readdirSync(join(studio.workspace, 'runs'))).toEqual(['a.finetune', 'child.json'])
  })

  test('need a stage, an absolute path and files', async () => {
    const studio = await openTestStudio(temporaryFolder())
    const folder = temporaryFolder()
    eventFile(join(folder, 'a'), loss(0))
    mkdirSync(join(folder, 'empty'))
    const { client } = studio
    expect(await refusal(client.runs.import({ path: folder }))).toContain(
      '1 run is new, and the files do not say with which stage to compare it.',
    )
    expect(await refusal(client.runs.import({ path: 'logs' }))).toMatch(/^bad-request: /)
    expect(await refusal(client.runs.import({ path: join(folder, 'empty') }))).toContain(
      `${join(folder, 'empty')} has no event files.`,
    )
    expect(await refusal(client.runs.import({ path: folder, names: ['b'] }))).toContain(
      `${folder} has no run called b.`,
    )
  })

  test('of an exported run have its points, times and hyperparameters under the same keys', async () => {
    const studio = await openTestStudio(temporaryFolder())
    const folder = temporaryFolder()
    const original = exportedRun([
      started(1, 0),
      metrics(1, { 'train/loss': 0.5, 'validation/loss': 0.25 }),
      metrics(2, { 'train/loss': 'Infinity' }),
    ])
    mkdirSync(join(folder, original.run.id))
    await tensorBoard.write(folder, [original])
    expect(await importer(studio, folder)({ stage: 'distill' })).toMatchObject({
      runs: [{ name: 'first.distill', id: 'first-distill.distill', points: 3 }],
    })
    const { run, pipeline } = await studio.client.runs.get({ id: 'first-distill.distill' })
    expect(run).toMatchObject({ startedAt: at(0), endedAt: at(10) })
    expect(pipeline.imported).toMatchObject({ status: 'succeeded', parameters: { 'distill.batchSize': 2 } })
    expect(await studio.client.runs.search({ query: 'distill.batchSize = 2' })).toMatchObject({ problems: [] })
    expect((await studio.client.runs.search({ query: 'distill.batchSize = 2' })).ids).toEqual(['first-distill.distill'])
    // Exported again, they keep their names.
    const to = join(folder, 'again')
    await studio.client.runs.export({ ids: ['first-distill.distill'], format: 'mlflow', to })
    const database = new Database(join(to, 'mlflow.db'), { readonly: true })
    expect(database.prepare("SELECT value FROM params WHERE key = 'distill.batchSize'").pluck().all()).toEqual(['2'])
    database.close()
    await studio.client.runs.export({ ids: ['first-distill.distill'], format: 'csv', to })
    const [head = '', row = ''] = readFileSync(join(to, 'runs.csv'), 'utf8').split('\n')
    expect(row.split(',')[head.split(',').indexOf('general.tf32')]).toBe('false')
  })
})

test('a store of MLflow is read back as it was written, with runs that were deleted left out', async () => {
  const studio = await openTestStudio(temporaryFolder())
  const folder = temporaryFolder()
  await mlflow.write(folder, [
    exportedRun(
      [
        metrics(1, { 'train/loss': 0.5 }),
        metrics(2, { 'train/loss': 'NaN' }),
        metrics(3, { 'train/loss': '-Infinity' }),
      ],
      { status: 'failed' },
    ),
    exportedRun([metrics(1, { a: 1 })], { id: 'second' }),
  ])
  const path = join(folder, 'mlflow.db')
  const database = new Database(path)
  database.exec(`
    UPDATE runs SET lifecycle_stage = 'deleted' WHERE name = 'second.distill';
    INSERT INTO params SELECT 'optimizer.name', 'adam w', run_uuid FROM runs WHERE name = 'first.distill';
    INSERT INTO params SELECT 'lr', '1e-3', run_uuid FROM runs WHERE name = 'first.distill'`)
  database.close()
  const result = await importer(studio, path)()
  expect(result).toMatchObject({
    format: 'mlflow',
    runs: [{ name: 'first.distill', id: 'first-distill.finetune', points: 3, notes: [] }],
    notes: ['1 run that was deleted in MLflow is not imported.'],
  })
  expect(await curve(studio, 'first-distill.finetune', 'train/loss')).toEqual([
    [1, 0.5],
    [2, 'NaN'],
    [3, '-Infinity'],
  ])
  const { pipeline, run } = await studio.client.runs.get({ id: 'first-distill.finetune' })
  expect(run).toMatchObject({ startedAt: at(0), endedAt: at(10) })
  expect(pipeline.imported).toMatchObject({
    status: 'failed',
    parameters: { 'distill.batchSize': 2, lr: 0.001, 'optimizer.name': 'adam w' },
  })
  expect(pipeline.organization.note).toContain('Experiment of MLflow: shapes')
  const search = async (query: string) => await studio.client.runs.search({ query })
  expect(await search('imported.lr < 0.01 and imported.optimizer.name:"adam w"')).toEqual({
    ids: ['first-distill.finetune'],
    problems: [],
  })
  expect((await importer(studio, path)()).runs).toMatchObject([{ state: 'unchanged' }])
  // The store was moved: the id of the run tells that it is the same.
  const moved = join(folder, 'moved.db')
  cpSync(path, moved)
  rmSync(path)
  expect((await importer(studio, moved)()).runs).toMatchObject([{ id: 'first-distill.finetune', newPoints: 0 }])
})
