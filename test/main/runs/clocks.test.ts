import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { CheckpointQueries } from '#main/checkpoints/queries.ts'
import { openDatabase } from '#main/database/open.ts'
import { MetricQueries } from '#main/metrics/queries.ts'
import { applyLines } from '#main/runs/apply.ts'
import { ProgressWatch } from '#main/runs/progress-watch.ts'
import { RunQueries } from '#main/runs/queries.ts'
import { describeRun } from '#main/runs/row.ts'
import { temporaryFolder } from '../support.ts'

const hour = 3_600_000
const iso = (ms: number) => new Date(Date.parse('2026-01-01T12:00:00.000Z') + ms).toISOString()

const started = {
  type: 'started',
  at: iso(0),
  attempt: 1,
  fromStep: 0,
  pid: 1,
  engine: 'e',
  totalSteps: 20,
  epochs: 2,
  effectiveBatchSize: 2,
  parameters: 1,
}

/** 10 steps of one attempt, one per second, while the clock of the machine is set by `shiftMs` after half. */
const stepsOf = (shiftMs: number, hasElapsed: boolean) =>
  Array.from({ length: 10 }, (_, index) => ({
    type: 'metrics',
    at: iso(1000 * (index + 1) + (index >= 5 ? shiftMs : 0)),
    ...(hasElapsed ? { elapsedMs: 1000 * (index + 1) } : {}),
    step: index + 1,
    values: { 'train/loss': 1 },
  }))

/** A running run with these events. */
function runOf(events: readonly object[]) {
  const database = openDatabase(join(temporaryFolder(), 'studio.sqlite'))
  onTestFinished(() => void database.close())
  database.exec(`INSERT INTO pipeline (id, dataset, document) VALUES ('r', 'd', '{}')`)
  database.exec(`INSERT INTO run (id, pipeline_id, stage, dataset, preset, inputs, created_at, status, queued_at)
    VALUES ('r.distill', 'r', 'distill', 'd', 'tiny', '{}', '${iso(0)}', 'running', '')`)
  const tables = {
    database,
    runs: new RunQueries(database),
    metrics: new MetricQueries(database),
    checkpoints: new CheckpointQueries(database),
  }
  let end = 0
  const lines = events.map((event) => JSON.stringify(event)).map((text) => ({ text, end: (end += text.length + 1) }))
  applyLines(tables, 'r.distill', lines)
  const row = tables.runs.get('r.distill')!
  const run = describeRun(row, {
    summaries: [],
    checkpointCount: 0,
    waitsFor: [],
    waitsForCards: undefined,
    sinceEventMs: 500,
    stalledMs: undefined,
    processWaits: undefined,
    saved: undefined,
  })
  return { durationMs: run.durationMs, remainingMs: run.remainingMs, times: tables.metrics.times.ofRun(row.key) }
}

test.each([0, -2 * hour, 3 * hour])(
  'a clock that is set by %i ms during a run changes neither its times nor its pace',
  (shiftMs) => {
    const { durationMs, remainingMs, times } = runOf([started, ...stepsOf(shiftMs, true)])
    expect([durationMs, remainingMs]).toEqual([10_500, 10_000])
    expect(times.map(({ computeMs }) => computeMs)).toEqual(
      Array.from({ length: 10 }, (_, index) => 1000 * (index + 1)),
    )
    expect(times.every(({ wallMs, computeMs }) => wallMs === computeMs)).toBe(true)
  },
)

test('events of earlier versions, which have the time of the clock alone, never give a negative time', () => {
  const { durationMs, remainingMs, times } = runOf([started, ...stepsOf(-2 * hour, false)])
  expect(durationMs).toBeGreaterThanOrEqual(0)
  expect(remainingMs).toBeNull()
  expect(times.every(({ wallMs, computeMs }) => wallMs >= 0 && computeMs >= 0)).toBe(true)
})

test('a pause before the next attempt is no computing time, whatever that one writes before it starts', () => {
  const log = { type: 'log', at: iso(5 * hour), level: 'warning', message: 'A checkpoint is damaged.' }
  const again = { ...started, at: iso(5 * hour + 1000), attempt: 2, fromStep: 10 }
  expect(runOf([started, ...stepsOf(0, true), log]).durationMs).toBe(10_500)
  expect(runOf([started, ...stepsOf(0, true), log, again]).durationMs).toBe(10_500)
})

test('a run is stalled when it has not progressed for far longer than usual', () => {
  let now = 0
  const watch = new ProgressWatch({ leastMs: 100, startMs: 500, factor: 3 }, () => now)
  const at = (ms: number) => {
    now = ms
    return watch.stalledMs
  }
  expect(at(499)).toBeUndefined()
  expect(at(500)).toBe(500)
  now = 510
  watch.noteEvents()
  expect(at(609)).toBeUndefined()
  // A heartbeat without a new step is no progress.
  watch.noteBeat({ step: 3 })
  watch.noteBeat({ step: 3 })
  expect(at(610)).toBe(100)
  watch.noteBeat({ step: 4, waitsFor: { kind: 'batch', ms: 1 } })
  expect([at(611), watch.waitsFor]).toEqual([undefined, { kind: 'batch', ms: 1 }])
  // A gap of 90 ms is usual from now on.
  now = 700
  watch.noteEvents()
  expect(at(960)).toBeUndefined()
  expect(at(970)).toBe(270)
})
