import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { wholeSlot } from '#contract/domain/resources.ts'
import { migrations } from '#main/database/migrations.ts'
import { openDatabase } from '#main/database/open.ts'
import { MetricQueries } from '#main/metrics/queries.ts'
import { RunQueries } from '#main/runs/queries.ts'
import { temporaryFolder } from '../support.ts'

test('a database of schema 1 opens with its runs, results and points', () => {
  const file = join(temporaryFolder(), 'studio.sqlite')
  // An early result has a top-5 although there are two classes.
  const result = { top1: 0.5, top5: 1, videos: 4, views: 8, classes: ['a', 'b'], confusion: [] }
  const old = openDatabase(file, migrations.slice(0, 1))
  old.exec(`
    INSERT INTO pipeline VALUES ('p', 'd', '{}');
    INSERT INTO run (key, id, pipeline_id, stage, dataset, preset, inputs, created_at, status, queued_at, spawned_at, pid, batch_size, result)
      VALUES (1, 'p.distill', 'p', 'distill', 'd', 'tiny', '{}', '2026-01-01', 'finished', '2026-01-01', '2026-01-02', 12, 32, NULL),
        (2, 'p.evaluate', 'p', 'evaluate', 'd', 'tiny', '{"model":"p.distill"}', '2026-01-01', 'queued', '2026-01-01', NULL, NULL, 8, '${JSON.stringify(result)}');
    INSERT INTO series VALUES (1, 1, 'removed/metric', 2, 2, 1, 2, 2), (2, 2, 'test/top1', 50, 1, 50, 50, 1), (3, 2, 'test/top5', 100, 1, 100, 100, 1);
    INSERT INTO metric VALUES (1, 1, 1), (1, 2, 2), (2, 1, 50), (3, 1, 100)`)
  old.close()
  const database = openDatabase(file)
  onTestFinished(() => {
    database.close()
  })
  const runs = new RunQueries(database)
  expect(runs.list()).toMatchObject([
    { id: 'p.distill', status: 'finished', effective_batch_size: 32 },
    { id: 'p.evaluate', inputs: { model: 'p.distill' }, result: { task: 'classification', ...result, top5: null } },
  ])
  expect(runs.dependants('p.distill')).toEqual(['p.evaluate'])
  expect(runs.queue()).toEqual([
    {
      id: 'p.evaluate',
      status: 'queued',
      queuedAt: '2026-01-01',
      inputs: ['p.distill'],
      request: wholeSlot,
      isHeld: false,
      position: null,
      priority: 'normal',
    },
  ])
  const metrics = new MetricQueries(database)
  expect(metrics.summaries(1)).toMatchObject([{ name: 'removed/metric', last: 2, count: 2 }])
  expect(metrics.summaries(2)).toMatchObject([{ name: 'test/top1', last: 50 }])
  expect(Array.from(metrics.series(1, undefined, 0, 10))).toMatchObject([{ points: { steps: [1, 2], values: [1, 2] } }])
})

test('datasets of an earlier schema are listed with their split sets', () => {
  const file = join(temporaryFolder(), 'studio.sqlite')
  const adding = migrations.findIndex((migration) => migration.includes("'$.splitSets'"))
  const old = openDatabase(file, migrations.slice(0, adding))
  old.exec(`
    INSERT INTO dataset VALUES ('a', '{"name":"a"}'), ('b', '{"name":"b"}');
    INSERT INTO dataset_index (name, stamp, detail) VALUES ('a', '', '{"splitSets":["default","split-1"]}')`)
  old.close()
  const database = openDatabase(file)
  onTestFinished(() => {
    database.close()
  })
  const summaries = database.prepare<[], string>('SELECT summary FROM dataset ORDER BY name').pluck().all()
  expect(summaries.map((summary) => JSON.parse(summary))).toEqual([
    { name: 'a', splitSets: ['default', 'split-1'] },
    { name: 'b', splitSets: ['default'] },
  ])
})
