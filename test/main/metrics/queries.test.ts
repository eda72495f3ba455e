import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { describeMetric } from '#contract/domain/metric.ts'
import { openDatabase } from '#main/database/open.ts'
import { MetricQueries } from '#main/metrics/queries.ts'
import { Metrics } from '#main/metrics/service.ts'
import { temporaryFolder } from '../support.ts'

/** Tables with one run, whose key is 1. */
function openTables() {
  const database = openDatabase(join(temporaryFolder(), 'studio.sqlite'))
  onTestFinished(() => {
    database.close()
  })
  database.exec(`
    INSERT INTO pipeline VALUES ('p', 'd', '{}');
    INSERT INTO run (key, id, pipeline_id, stage, dataset, preset, inputs, created_at, status, queued_at) VALUES (1, 'r', 'p', 'distill', 'd', 'tiny', '{}', '', 'queued', '')`)
  const queries = new MetricQueries(database)
  const record = (values: readonly number[], from = 1) =>
    database.transaction(() => values.forEach((value, index) => queries.record(1, 'train/loss', from + index, value)))()
  const points = () => Array.from(queries.series(1, undefined, 0, 1e9), ({ points }) => points)[0]
  return { database, queries, metrics: new Metrics(queries, () => 1), record, points }
}

test('the summary follows the points', () => {
  const { queries, record } = openTables()
  record([3, 1, 2])
  expect(queries.summaries(1)).toEqual([{ name: 'train/loss', last: 2, lastStep: 3, min: 1, max: 3, count: 3 }])
})

test('NaN and infinities survive, and NaN is left out of minimum and maximum', () => {
  const { queries, record, points } = openTables()
  record([Number.NaN])
  expect(queries.summaries(1)).toMatchObject([{ last: 'NaN', min: 'NaN', max: 'NaN' }])
  record([5, Number.NEGATIVE_INFINITY, Number.NaN], 2)
  expect(queries.summaries(1)).toMatchObject([{ last: 'NaN', lastStep: 4, min: '-Infinity', max: 5, count: 4 }])
  expect(points()).toEqual({ steps: [1, 2, 3, 4], values: [Number.NaN, 5, Number.NEGATIVE_INFINITY, Number.NaN] })
})

test('a point at a step that is there replaces it', () => {
  const { queries, record, points } = openTables()
  record([3, 1, 2])
  record([9], 2)
  expect(points()).toEqual({ steps: [1, 2, 3], values: [3, 9, 2] })
  expect(queries.summaries(1)).toEqual([{ name: 'train/loss', last: 2, lastStep: 3, min: 2, max: 9, count: 3 }])
})

test('rewinding removes later points and their effect on the summary', () => {
  const { queries, record, points } = openTables()
  record([3, 1, 2, 0])
  queries.rewind(1, 2)
  expect(points()).toEqual({ steps: [1, 2], values: [3, 1] })
  expect(queries.summaries(1)).toEqual([{ name: 'train/loss', last: 1, lastStep: 2, min: 1, max: 3, count: 2 }])
  queries.rewind(1, 0)
  expect(queries.summaries(1)).toEqual([])
})

test('a curve is asked for by range, and its last step is that of the whole curve', () => {
  const { metrics, record } = openTables()
  record(Array.from({ length: 100 }, (_, index) => index))
  expect(metrics.series({ runIds: ['r'], from: 10, to: 12, maxBuckets: 16 })).toEqual([
    {
      runId: 'r',
      name: 'train/loss',
      width: 1,
      start: [10, 11, 12],
      first: [9, 10, 11],
      last: [9, 10, 11],
      min: [9, 10, 11],
      max: [9, 10, 11],
      lastStep: 100,
    },
  ])
  expect(metrics.series({ runIds: ['r'], names: ['test/top1'], maxBuckets: 16 })).toEqual([])
})

test('a metric that the studio does not know is listed like any other', () => {
  const { queries, metrics } = openTables()
  queries.record(1, 'custom/agreement', 1, 0.5)
  expect(queries.summaries(1)).toMatchObject([{ name: 'custom/agreement', last: 0.5 }])
  expect(metrics.series({ runIds: ['r'], maxBuckets: 16 })).toMatchObject([{ name: 'custom/agreement', first: [0.5] }])
  expect(describeMetric('custom/agreement')).toEqual({ label: 'custom/agreement', unit: '', goal: 'none' })
})

test('a curve of 50 000 points comes back quickly', () => {
  const { metrics, record } = openTables()
  record(Array.from({ length: 50_000 }, (_, index) => Math.sin(index / 100)))
  const startedAt = performance.now()
  const [series] = metrics.series({ runIds: ['r'], maxBuckets: 1000 })
  const elapsedMs = performance.now() - startedAt
  expect(series).toMatchObject({ width: 64, lastStep: 50_000 })
  expect(series?.start).toHaveLength(782)
  // Measured at 25 to 90 ms on two cores; the bound leaves room for a busy machine.
  expect(elapsedMs).toBeLessThan(500)
})
