import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { CheckpointQueries } from '#main/checkpoints/queries.ts'
import { openDatabase } from '#main/database/open.ts'
import { MetricQueries } from '#main/metrics/queries.ts'
import { applyLines } from '#main/runs/apply.ts'
import { RunQueries } from '#main/runs/queries.ts'
import { runRow } from '#main/runs/row.ts'
import { nextRuns } from '#main/scheduler/next-runs.ts'
import { temporaryFolder } from '../support.ts'

const runCount = 1000

/** Tables with finished runs `r.0` to `r.998` and the queued run `r.999`, which needs `r.998`. */
function openTables() {
  const database = openDatabase(join(temporaryFolder(), 'studio.sqlite'))
  onTestFinished(() => {
    database.close()
  })
  const tables = {
    database,
    runs: new RunQueries(database),
    metrics: new MetricQueries(database),
    checkpoints: new CheckpointQueries(database),
  }
  database.transaction(() => {
    database.exec(`INSERT INTO pipeline (id, dataset, document) VALUES ('r', 'd', '{}')`)
    const add = database.prepare(`
      INSERT INTO run (id, pipeline_id, stage, dataset, preset, inputs, created_at, status, queued_at)
      VALUES (?, 'r', 'distill', 'd', 'tiny', ?, '', ?, '')`)
    for (let index = 0; index < runCount; index++) {
      const isLast = index === runCount - 1
      add.run(`r.${index}`, isLast ? `{"model":"r.${index - 1}"}` : '{}', isLast ? 'queued' : 'finished')
    }
    database.exec(`INSERT INTO run_input SELECT key, 'r.998' FROM run WHERE id = 'r.999'`)
  })()
  return tables
}

/** Mean of 20 rounds, in milliseconds. */
function timeMs(task: () => void): number {
  const startedAt = performance.now()
  for (let round = 0; round < 20; round++) task()
  return (performance.now() - startedAt) / 20
}

test('among a thousand runs, news of one parses one row, and the queue parses none', () => {
  const tables = openTables()
  const parse = vi.spyOn(runRow, 'parse')
  const line = '{"type":"metrics","at":"2026-01-01T00:00:00.000Z","step":1,"values":{"train/loss":1}}'
  applyLines(tables, 'r.0', [{ text: line, end: line.length + 1 }])
  expect(parse).toHaveBeenCalledTimes(1)
  expect(tables.runs.dependants('r.998')).toEqual(['r.999'])
  expect(
    nextRuns({
      queued: tables.runs.queue(),
      running: [],
      slots: [{ processors: 1, memoryBytes: 1 }],
      isFinished: (id) => tables.runs.statusOf(id) === 'finished',
    }),
  ).toMatchObject({ starts: [{ id: 'r.999', cards: [] }] })
  expect(parse).toHaveBeenCalledTimes(1)
  parse.mockRestore()

  const changeMs = timeMs(() => {
    tables.runs.queue()
    tables.runs.dependants('r.998')
  })
  const everyRunMs = timeMs(() => tables.runs.list())
  // Measured at 11 ms against 189 ms on a busy machine; every change read all runs before.
  expect(changeMs).toBeLessThan(everyRunMs / 2)
  console.info(
    `A change among ${runCount} runs: ${changeMs.toFixed(3)} ms; reading every run: ${everyRunMs.toFixed(1)} ms.`,
  )
})

test('the top-5 that an early test recorded for few classes is dropped, its top-1 kept', () => {
  const tables = openTables()
  const at = '2026-01-01T00:00:00.000Z'
  const tested = (classes: string[], run: string) => {
    const result = {
      top1: 0.5,
      top5: 1,
      videos: 2,
      views: 2,
      classes,
      confusion: classes.map(() => classes.map(() => 0)),
    }
    let end = 0
    const events = [
      { type: 'metrics', at, step: 2, values: { 'test/top1': 50, 'test/top5': 100 } },
      { type: 'result', at, result },
    ]
    const lines = events.map((event) => JSON.stringify(event)).map((text) => ({ text, end: (end += text.length + 1) }))
    const { points } = applyLines(tables, run, lines)
    const row = tables.runs.get(run)!
    return [row.result?.top5, tables.metrics.summaries(row.key).map(({ name }) => name), points.map(({ name }) => name)]
  }
  expect(tested(['a', 'b', 'c', 'd', 'e'], 'r.0')).toEqual([null, ['test/top1'], ['test/top1']])
  const both = ['test/top1', 'test/top5']
  expect(tested(['a', 'b', 'c', 'd', 'e', 'f'], 'r.1')).toEqual([1, both, both])
})
