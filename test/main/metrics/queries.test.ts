import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { bucketize } from '#contract/domain/buckets.ts'
import { describeMetric, encodeMetric } from '#contract/domain/metric.ts'
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
    INSERT INTO pipeline (id, dataset, document) VALUES ('p', 'd', '{}');
    INSERT INTO run (key, id, pipeline_id, stage, dataset, preset, inputs, created_at, status, queued_at) VALUES (1, 'r', 'p', 'distill', 'd', 'tiny', '{}', '', 'queued', '')`)
  const queries = new MetricQueries(database)
  const record = (values: readonly number[], from = 1) =>
    database.transaction(() =>
      values.forEach((value, index) => queries.append(1, 'train/loss', { steps: [from + index], values: [value] })),
    )()
  const points = () => Array.from(queries.series(1, undefined, 0, 1e9), ({ points }) => points)[0]
  return {
    database,
    queries,
    metrics: new Metrics(
      queries,
      () => 1,
      () => undefined,
    ),
    record,
    points,
  }
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
  queries.append(1, 'custom/agreement', { steps: [1], values: [0.5] })
  expect(queries.summaries(1)).toMatchObject([{ name: 'custom/agreement', last: 0.5 }])
  expect(metrics.series({ runIds: ['r'], maxBuckets: 16 })).toMatchObject([{ name: 'custom/agreement', first: [0.5] }])
  expect(describeMetric('custom/agreement')).toEqual({ label: 'custom/agreement', unit: '', goal: 'none' })
})

test('a curve of 50 000 points comes back quickly', () => {
  const { metrics, record } = openTables()
  record(Array.from({ length: 50_000 }, (_, index) => Math.sin(index / 100)))
  const before = process.cpuUsage()
  const [series] = metrics.series({ runIds: ['r'], maxBuckets: 1000 })
  const { user, system } = process.cpuUsage(before)
  expect(series).toMatchObject({ width: 64, lastStep: 50_000 })
  expect(series?.start).toHaveLength(782)
  // Microseconds of processor time. Measured at 25 to 90 ms on two cores.
  expect(user + system).toBeLessThan(500_000)
})

test('a long series is packed, and reads like the points that were written', () => {
  const { database, queries, metrics } = openTables()
  let state = 7
  const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
  /** What the tables must hold. */
  let expected = { steps: [] as number[], values: [] as number[] }
  const valueAt = () => (random() < 0.01 ? Number.NaN : random() < 0.01 ? Number.POSITIVE_INFINITY : random())
  const append = (count: number, stride: number) => {
    const from = (expected.steps.at(-1) ?? 0) + 1
    const steps = Array.from({ length: count }, (_, index) => from + index * stride)
    const values = steps.map(valueAt)
    queries.append(1, 'train/loss', { steps, values })
    expected = { steps: [...expected.steps, ...steps], values: [...expected.values, ...values] }
  }
  const compare = () => {
    expect(Array.from(queries.series(1, undefined, 0, 1e9))[0]?.points).toEqual(expected)
    const finite = expected.values.filter((value) => !Number.isNaN(value))
    expect(queries.summaries(1)).toEqual([
      {
        name: 'train/loss',
        last: encodeMetric(expected.values.at(-1)!),
        lastStep: expected.steps.at(-1),
        min: encodeMetric(finite.reduce((a, b) => Math.min(a, b), Infinity)),
        max: encodeMetric(finite.reduce((a, b) => Math.max(a, b), -Infinity)),
        count: expected.steps.length,
      },
    ])
    for (const maxBuckets of [16, 100, 1000, 100_000])
      for (const share of [0, 0.2, 0.45]) {
        const from = Math.floor(expected.steps.at(-1)! * share)
        const to = expected.steps.at(-1)! - from
        const inside = expected.steps.flatMap((step, index) => (step >= from && step <= to ? [index] : []))
        const { width, start, first, last, min, max } = bucketize(
          {
            steps: inside.map((index) => expected.steps[index]!),
            values: inside.map((index) => expected.values[index]!),
          },
          maxBuckets,
        )
        expect(metrics.series({ runIds: ['r'], from, to, maxBuckets })[0]).toMatchObject({
          width,
          start,
          first: first.map(encodeMetric),
          last: last.map(encodeMetric),
          min: min.map(encodeMetric),
          max: max.map(encodeMetric),
        })
      }
  }
  append(10_000, 1)
  for (let index = 0; index < 50; index++) append(137, 3)
  compare()
  const counts = () =>
    database
      .prepare(
        'SELECT (SELECT count(*) FROM chunk) AS chunks, (SELECT count(*) FROM outline) AS outlines, (SELECT count(*) FROM overview) AS overviews',
      )
      .get()
  expect(counts()).toEqual({ chunks: 3, outlines: 3, overviews: 0 })
  // Those of an earlier version have no outline.
  database.exec('DELETE FROM outline WHERE first_step = 1')
  compare()
  // The end of a run packs its last points too.
  queries.finish(1)
  expect(database.prepare('SELECT count(*) AS count FROM point').get()).toEqual({ count: 0 })
  expect(counts()).toMatchObject({ overviews: 1 })
  compare()
  // A point that an overview covers is replaced, and points follow it.
  queries.append(1, 'train/loss', { steps: [5000], values: [-99] })
  expected.values[expected.steps.indexOf(5000)] = -99
  expect(counts()).toMatchObject({ overviews: 0 })
  compare()
  queries.finish(1)
  append(10, 1)
  expect(counts()).toMatchObject({ overviews: 1 })
  compare()
  queries.finish(1)
  // A resumed run computes steps again that are packed.
  const kept = expected.steps.findIndex((step) => step > 6000)
  queries.rewind(1, 6000)
  expected = { steps: expected.steps.slice(0, kept), values: expected.values.slice(0, kept) }
  compare()
  append(9_000, 1)
  compare()
  // A point that is packed is replaced.
  queries.append(1, 'train/loss', { steps: [4500], values: [99] })
  expected.values[expected.steps.indexOf(4500)] = 99
  compare()
  queries.remove(1, 'train/loss')
  expect(queries.summaries(1)).toEqual([])
  expect(counts()).toEqual({ chunks: 0, outlines: 0, overviews: 0 })
})

test('the value at a step is the last one up to it, in rows, in even and uneven chunks, with NaN', () => {
  const { queries, metrics, record, points } = openTables()
  const at = (step: number, runIds = ['r']) => metrics.atStep('train/loss', step, runIds)
  record([4, Number.NaN], 10)
  expect(at(9)).toEqual([])
  expect(at(10)).toEqual([{ runId: 'r', step: 10, value: 4 }])
  expect(at(1000)).toEqual([{ runId: 'r', step: 11, value: 'NaN' }])
  expect(at(10, ['nothing'])).toEqual([])
  queries.rewind(1, 0)

  // Every third step, then irregular ones, then rows that are not packed.
  const steps = [
    ...Array.from({ length: 600 }, (_, index) => 3 * index),
    ...Array.from({ length: 600 }, (_, index) => 2000 + index * index),
    ...Array.from({ length: 5 }, (_, index) => 400_000 + 10 * index),
  ]
  const values = steps.map((step) => (step % 7 === 0 ? Number.NaN : Math.sin(step)))
  for (const [from, to] of [
    [0, 600],
    [600, 1200],
    [1200, 1205],
  ] as const)
    queries.append(1, 'train/loss', { steps: steps.slice(from, to), values: values.slice(from, to) })
  expect(points()!.steps).toEqual(steps)
  for (const step of [0, 1, 2, 3, 1796, 1797, 1999, 2000, 2003, 5000, 360_801, 399_999, 400_000, 400_041]) {
    const index = steps.findLastIndex((of) => of <= step)
    expect(at(step)).toEqual([{ runId: 'r', step: steps[index], value: encodeMetric(values[index]!) }])
  }
})
