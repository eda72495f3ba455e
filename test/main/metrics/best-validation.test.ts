import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '#main/database/open.ts'
import type { BestMove } from '#main/metrics/best-validation.ts'
import { MetricQueries } from '#main/metrics/queries.ts'
import { temporaryFolder } from '../support.ts'

function openMetrics() {
  const database = openDatabase(join(temporaryFolder(), 'studio.sqlite'))
  onTestFinished(() => void database.close())
  database.exec(`INSERT INTO pipeline (id, dataset, document) VALUES ('p', 'd', '{}')`)
  let runs = 0
  return {
    metrics: new MetricQueries(database),
    addRun(): number {
      const id = `p-${runs++}.distill`
      database.exec(`INSERT INTO run (id, pipeline_id, stage, dataset, preset, inputs, created_at, status, queued_at)
        VALUES ('${id}', 'p', 'distill', 'd', 'tiny', '{}', '', 'running', '')`)
      return database.prepare<[string], number>('SELECT key FROM run WHERE id = ?').pluck().get(id) ?? -1
    },
  }
}

const valuesAtBest = (metrics: MetricQueries, run: number) =>
  metrics.summaries(run).map(({ name, atBestValidation }) => [name, atBestValidation])

test('what a batch says of the best step gives the values that the whole series gives', { timeout: 60_000 }, () => {
  const { metrics, addRun } = openMetrics()
  const value = fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 0, max: 4 }) }, fc.constant(Number.NaN))
  const batch = fc.record({
    'train/loss': fc.array(value, { maxLength: 3 }),
    'validation/top1': fc.array(value, { maxLength: 3 }),
    'validation/loss': fc.array(value, { maxLength: 3 }),
  })
  fc.assert(
    fc.property(fc.array(batch, { minLength: 1, maxLength: 6 }), (batches) => {
      const run = addRun()
      for (const [index, series] of batches.entries()) {
        const moves = new Map<string, BestMove>()
        for (const [name, values] of Object.entries(series)) {
          if (values.length === 0) continue
          const steps = values.map((_, position) => 10 * index + position)
          const move = metrics.append(run, name, { steps, values })
          if (move !== undefined) moves.set(name, move)
        }
        if (moves.size > 0) metrics.markBestValidation(run, moves)
      }
      const inBatches = valuesAtBest(metrics, run)
      metrics.markBestValidation(run)
      expect(inBatches).toEqual(valuesAtBest(metrics, run))
    }),
    {
      numRuns: 150,
      // A metric of which no value is a number replaces the one by which the run was measured before.
      examples: [
        [
          [
            { 'train/loss': [1], 'validation/top1': [], 'validation/loss': [2] },
            { 'train/loss': [], 'validation/top1': [Number.NaN], 'validation/loss': [] },
          ],
        ],
      ],
    },
  )
})
