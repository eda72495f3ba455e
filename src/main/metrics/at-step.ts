import type { MetricName } from '#contract/domain/metric.ts'
import type { StudioDatabase } from '../database/open.ts'
import { type PackedPoints, pointAt } from './chunk.ts'
import { fromStored } from './points.ts'

/** The last point of a metric up to a step. */
export interface ValueAtStep {
  readonly runId: string
  readonly step: number
  readonly value: number
}

interface Row extends PackedPoints {
  run: string
  row_step: number | null
  row_value: number | null
}

/** Values of a metric at one step for many runs: one statement, and of a packed series one chunk, of which one point is read. */
export class ValuesAtStep {
  readonly #find

  constructor(database: StudioDatabase) {
    this.#find = database.prepare<{ runs: string; name: MetricName; step: number }, Row>(`
      SELECT run.id AS run, point.step AS row_step, point.value AS row_value,
        chunk.first_step, chunk.last_step, chunk.count, chunk.points
      FROM json_each($runs) AS wanted
      JOIN run ON run.id = wanted.value
      JOIN series ON series.run = run.key AND series.name = $name
      LEFT JOIN point ON point.series = series.id
        AND point.step = (SELECT max(step) FROM point AS rows WHERE rows.series = series.id AND rows.step <= $step)
      -- Rows come after all chunks.
      LEFT JOIN chunk ON point.step IS NULL AND chunk.series = series.id AND chunk.first_step =
        (SELECT max(first_step) FROM chunk AS chunks WHERE chunks.series = series.id AND chunks.first_step <= $step)
      WHERE point.step IS NOT NULL OR chunk.id IS NOT NULL`)
  }

  /** In the order of the ids. Runs without a point up to the step are left out. */
  find(name: MetricName, step: number, runIds: readonly string[]): ValueAtStep[] {
    return Array.from(this.#find.iterate({ runs: JSON.stringify(runIds), name, step }), (row) => ({
      runId: row.run,
      ...(row.row_step === null ? pointAt(row, step) : { step: row.row_step, value: fromStored(row.row_value) }),
    }))
  }
}
