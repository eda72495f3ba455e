import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { CheckpointQueries } from '#main/checkpoints/queries.ts'
import { openDatabase } from '#main/database/open.ts'
import { MetricQueries } from '#main/metrics/queries.ts'
import { Metrics } from '#main/metrics/service.ts'
import { applyLines } from '#main/runs/apply.ts'
import { RunQueries } from '#main/runs/queries.ts'
import { timeOf } from '#main/runs/row.ts'
import { temporaryFolder } from '../support.ts'

const startMs = Date.parse('2026-01-01T00:00:00.000Z')
const iso = (ms: number): string => new Date(startMs + ms).toISOString()
const started = (ms: number, attempt: number, fromStep: number) => ({
  type: 'started',
  at: iso(ms),
  attempt,
  fromStep,
  pid: 1,
  engine: 'onnx-cpu',
  totalSteps: 100,
  epochs: 10,
  effectiveBatchSize: 8,
  parameters: 1,
})
const metrics = (ms: number, step: number) => ({ type: 'metrics', at: iso(ms), step, values: { 'train/loss': 1 } })

function openRun() {
  const database = openDatabase(join(temporaryFolder(), 'studio.sqlite'))
  onTestFinished(() => {
    database.close()
  })
  database.exec(`
    INSERT INTO pipeline (id, dataset, document) VALUES ('p', 'd', '{}');
    INSERT INTO run (key, id, pipeline_id, stage, dataset, preset, inputs, created_at, status, queued_at) VALUES (1, 'p.r', 'p', 'distill', 'd', 'tiny', '{}', '', 'running', '')`)
  const tables = {
    database,
    runs: new RunQueries(database),
    metrics: new MetricQueries(database),
    checkpoints: new CheckpointQueries(database),
  }
  let end = 0
  const service = new Metrics(
    tables.metrics,
    () => 1,
    () => {
      const row = tables.runs.get('p.r')
      return row === undefined || row.step_at === null ? undefined : timeOf(row, row.step, row.step_at)
    },
  )
  return {
    apply(...events: object[]) {
      applyLines(
        tables,
        'p.r',
        events.map((event) => ({ text: JSON.stringify(event), end: ++end })),
      )
    },
    times: () => service.times(['p.r'])[0],
  }
}

test('times leave the pause between attempts out of the computing time, and follow a rewind', () => {
  const { apply, times } = openRun()
  apply(started(0, 1, 0), metrics(1000, 1), metrics(2000, 2), metrics(3000, 3))
  apply({ type: 'ended', at: iso(3500), status: 'stopped', step: 3, error: null })
  apply(started(60_000, 2, 2), metrics(61_000, 3))
  expect(times()).toEqual({
    runId: 'p.r',
    steps: [1, 2, 3],
    wallMs: [1000, 2000, 61_000],
    computeMs: [1000, 2000, 4500],
  })
})

test('of steps that follow each other quickly some are recorded, always the last of an attempt, and the latest is known', () => {
  const { apply, times } = openRun()
  apply(started(0, 1, 0), ...Array.from({ length: 5000 }, (_, index) => metrics(100_000 + index, index + 1)))
  const live = times()!
  expect(live.steps.length).toBeLessThan(200)
  expect(live.steps.at(-1)).toBe(5000)
  // Between two times, the time of a step is interpolated.
  const at = live.steps.findIndex((step) => step > 2500)
  const share = (2500 - live.steps[at - 1]!) / (live.steps[at]! - live.steps[at - 1]!)
  const wallMs = live.wallMs[at - 1]! + share * (live.wallMs[at]! - live.wallMs[at - 1]!)
  expect(Math.abs(wallMs - 102_499)).toBeLessThan(60)
  apply(started(900_000, 2, 5000), metrics(901_000, 5001))
  expect(times()).toMatchObject({ steps: expect.arrayContaining([5000, 5001]) })
})
