import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { unorganized } from '#contract/domain/organization.ts'
import { mlflow, mlflowRunId } from '#main/interop/mlflow.ts'
import { findPython, notRun } from '../../support/not-run.ts'
import { temporaryFolder } from '../support.ts'
import { at, exportedRun, metrics, started } from './runs.ts'

const timeMs = (step: number) => Date.parse(at(step))

test('a store has an experiment for each dataset, with runs, parameters, tags and every point', async () => {
  const folder = join(temporaryFolder(), 'out')
  mkdirSync(folder)
  const runs = [
    exportedRun(
      [
        started(1, 0),
        metrics(1, { 'train/loss': 0.5, 'validation/loss': 1 }),
        metrics(2, { 'train/loss': 'Infinity' }),
        metrics(3, { 'train/loss': 'NaN' }),
      ],
      { organization: { ...unorganized, name: 'Best', tags: ['a', 'b'], note: 'Looks good.' } },
    ),
    exportedRun([metrics(1, { 'train/loss': '-Infinity' })], {
      id: 'second',
      dataset: 'falls',
      status: 'stopped',
      endedAt: null,
    }),
  ]
  expect(await mlflow.write(folder, runs)).toEqual({ points: 5, notes: [] })
  const database = new Database(join(folder, 'mlflow.db'), { readonly: true })
  onTestFinished(() => {
    database.close()
  })
  const rows = (sql: string) => database.prepare(sql).raw().all()
  const uuids = runs.map(({ run }) => mlflowRunId(run.id))
  expect(rows('PRAGMA foreign_key_check')).toEqual([])
  expect(rows('SELECT version_num FROM alembic_version')).toEqual([['3500859a5d39']])
  expect(rows('SELECT experiment_id, name, artifact_location FROM experiments')).toEqual([
    [0, 'Default', 'mlflow-artifacts:/0'],
    [1, 'shapes', 'mlflow-artifacts:/1'],
    [2, 'falls', 'mlflow-artifacts:/2'],
  ])
  expect(rows('SELECT run_uuid, name, status, start_time, end_time, experiment_id, artifact_uri FROM runs')).toEqual([
    [uuids[0], 'Best', 'FINISHED', timeMs(0), timeMs(10), 1, `mlflow-artifacts:/1/${uuids[0]}/artifacts`],
    [uuids[1], 'second.distill', 'KILLED', timeMs(0), null, 2, `mlflow-artifacts:/2/${uuids[1]}/artifacts`],
  ])
  expect(uuids[0]).toMatch(/^[0-9a-f]{32}$/)
  // MLflow stores NaN as a flag and an infinity as the largest number.
  expect(
    rows('SELECT run_uuid, key, step, timestamp, value, is_nan, typeof(is_nan) FROM metrics ORDER BY rowid'),
  ).toEqual([
    [uuids[0], 'train/loss', 1, timeMs(1), 0.5, 0, 'integer'],
    [uuids[0], 'validation/loss', 1, timeMs(1), 1, 0, 'integer'],
    [uuids[0], 'train/loss', 2, timeMs(2), Number.MAX_VALUE, 0, 'integer'],
    [uuids[0], 'train/loss', 3, timeMs(3), 0, 1, 'integer'],
    [uuids[1], 'train/loss', 1, timeMs(1), -Number.MAX_VALUE, 0, 'integer'],
  ])
  expect(rows('SELECT run_uuid, key, step, value, is_nan FROM latest_metrics ORDER BY rowid')).toEqual([
    [uuids[0], 'train/loss', 3, 0, 1],
    [uuids[0], 'validation/loss', 1, 1, 0],
    [uuids[1], 'train/loss', 1, -Number.MAX_VALUE, 0],
  ])
  expect(rows(`SELECT value FROM params WHERE key = 'distill.batchSize'`)).toEqual([['2'], ['2']])
  const tags = Object.fromEntries(
    rows(`SELECT key, value FROM tags WHERE run_uuid = '${uuids[0]}'`) as [string, string][],
  )
  expect(tags).toMatchObject({
    'mlflow.runName': 'Best',
    'mlflow.note.content': 'Looks good.',
    pipeline: 'first',
    tags: 'a, b',
  })
})

const { python, missing } = findPython('mlflow')

/** What MLflow reads from a store after it has upgraded it. */
const reader = `
import json, sys
from mlflow.store.db.utils import create_sqlalchemy_engine, _upgrade_db
from mlflow.tracking import MlflowClient
uri = 'sqlite:///' + sys.argv[1]
_upgrade_db(create_sqlalchemy_engine(uri))
client = MlflowClient(uri)
experiments = client.search_experiments()
runs = client.search_runs([e.experiment_id for e in experiments])
print(json.dumps({
    'experiments': sorted(e.name for e in experiments),
    'runs': {r.info.run_name: {
        'status': r.info.status, 'start': r.info.start_time, 'end': r.info.end_time, 'params': r.data.params, 'tags': r.data.tags,
        'metrics': {k: repr(v) for k, v in r.data.metrics.items()},
        'history': {k: [[m.step, m.timestamp, repr(m.value)] for m in client.get_metric_history(r.info.run_id, k)] for k in r.data.metrics},
    } for r in runs},
}))`

describe('MLflow', () => {
  notRun(missing)

  test('opens the store and finds equal points, parameters and tags', { timeout: 120_000 }, async () => {
    const folder = join(temporaryFolder(), 'out')
    mkdirSync(folder)
    await mlflow.write(folder, [
      exportedRun([
        metrics(1, { 'train/loss': 0.5 }),
        metrics(2, { 'train/loss': 'NaN' }),
        metrics(3, { 'train/loss': 1 }),
      ]),
    ])
    const { stdout, stderr, status } = spawnSync(python, ['-c', reader, join(folder, 'mlflow.db')], {
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(stderr)
    expect(JSON.parse(stdout)).toMatchObject({
      experiments: ['Default', 'shapes'],
      runs: {
        'first.distill': {
          status: 'FINISHED',
          start: timeMs(0),
          end: timeMs(10),
          params: { 'distill.batchSize': '2' },
          tags: { pipeline: 'first' },
          metrics: { 'train/loss': '1.0' },
          history: {
            'train/loss': [
              [1, timeMs(1), '0.5'],
              [2, timeMs(2), 'nan'],
              [3, timeMs(3), '1.0'],
            ],
          },
        },
      },
    })
  })
})
