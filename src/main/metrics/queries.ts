import { encodeMetric, metricName, type MetricName, type MetricSummary } from '#contract/domain/metric.ts'
import type { StudioDatabase } from '../database/open.ts'
import type { Points } from './buckets.ts'

interface SeriesRow {
  id: number
  run: number
  name: string
  last: number | null
  last_step: number
  min: number | null
  max: number | null
  count: number
}

const columns = 'id, run, name, last, last_step, min, max, count'

/** Curves and their summaries. The database keeps NaN as NULL. */
export class MetricQueries {
  readonly #seriesOfRun
  readonly #allSeries
  readonly #points
  readonly #pointCount
  readonly #findSeries
  readonly #addSeries
  readonly #putPoint
  readonly #extend
  readonly #recount
  readonly #deleteAfter
  readonly #deleteEmpty

  constructor(database: StudioDatabase) {
    this.#seriesOfRun = database.prepare<[number], SeriesRow>(`SELECT ${columns} FROM series WHERE run = ? ORDER BY id`)
    this.#allSeries = database.prepare<[], SeriesRow>(`SELECT ${columns} FROM series ORDER BY id`)
    this.#points = database
      .prepare<[number, number, number], [number, number | null]>(
        'SELECT step, value FROM metric WHERE series = ? AND step BETWEEN ? AND ? ORDER BY step',
      )
      .raw()
    this.#pointCount = database.prepare<[], { count: number }>('SELECT coalesce(sum(count), 0) AS count FROM series')
    this.#findSeries = database.prepare<[number, string], SeriesRow>(
      `SELECT ${columns} FROM series WHERE run = ? AND name = ?`,
    )
    this.#addSeries = database.prepare<[number, string]>(
      'INSERT INTO series (run, name, last_step, count) VALUES (?, ?, -1, 0)',
    )
    this.#putPoint = database.prepare<[number, number, number | null]>(
      'INSERT OR REPLACE INTO metric (series, step, value) VALUES (?, ?, ?)',
    )
    // min() and max() of two arguments are NULL where one is.
    this.#extend = database.prepare<{ id: number; step: number; value: number | null }>(`
      UPDATE series SET last = $value, last_step = $step, count = count + 1,
        min = coalesce(min(min, $value), min, $value), max = coalesce(max(max, $value), max, $value)
      WHERE id = $id`)
    this.#recount = database.prepare<{ id: number }>(`
      UPDATE series SET (count, min, max, last_step) = (SELECT count(*), min(value), max(value), coalesce(max(step), -1) FROM metric WHERE series = $id),
        last = (SELECT value FROM metric WHERE series = $id ORDER BY step DESC LIMIT 1)
      WHERE id = $id`)
    this.#deleteAfter = database.prepare<[number, number]>('DELETE FROM metric WHERE series = ? AND step > ?')
    this.#deleteEmpty = database.prepare<[number]>('DELETE FROM series WHERE run = ? AND count = 0')
  }

  summaries(run: number): MetricSummary[] {
    return this.#seriesOfRun.all(run).map(summaryOf)
  }

  /** Summaries of every run, by the run's key. */
  allSummaries(): Map<number, MetricSummary[]> {
    const summaries = new Map<number, MetricSummary[]>()
    for (const row of this.#allSeries.iterate()) {
      const known = summaries.get(row.run)
      if (known === undefined) summaries.set(row.run, [summaryOf(row)])
      else known.push(summaryOf(row))
    }
    return summaries
  }

  /** Points of all curves of all runs. */
  pointCount(): number {
    return this.#pointCount.get()?.count ?? 0
  }

  /** Points of a run's curves between two steps, both included, with the last step of the whole curve. */
  *curves(
    run: number,
    names: ReadonlySet<MetricName> | undefined,
    from: number,
    to: number,
  ): Generator<{ name: MetricName; lastStep: number; points: Points }> {
    for (const row of this.#seriesOfRun.all(run)) {
      const name = metricName.parse(row.name)
      if (names !== undefined && !names.has(name)) continue
      const steps: number[] = []
      const values: number[] = []
      for (const [step, value] of this.#points.iterate(row.id, from, to)) {
        steps.push(step)
        values.push(value ?? Number.NaN)
      }
      yield { name, lastStep: row.last_step, points: { steps, values } }
    }
  }

  /** Adds one point and keeps the summary in step. A point at or before the last step replaces what is there. */
  record(run: number, name: MetricName, step: number, value: number): void {
    const series = this.#findSeries.get(run, name)
    const id = series?.id ?? Number(this.#addSeries.run(run, name).lastInsertRowid)
    const stored = Number.isNaN(value) ? null : value
    this.#putPoint.run(id, step, stored)
    if (step > (series?.last_step ?? -1)) this.#extend.run({ id, step, value: stored })
    else this.#recount.run({ id })
  }

  /** Takes back the points after `step`, which a new attempt will compute again. */
  rewind(run: number, step: number): void {
    for (const { id, last_step } of this.#seriesOfRun.all(run)) {
      if (last_step <= step) continue
      this.#deleteAfter.run(id, step)
      this.#recount.run({ id })
    }
    this.#deleteEmpty.run(run)
  }
}

const encode = (value: number | null) => encodeMetric(value ?? Number.NaN)

function summaryOf(row: SeriesRow): MetricSummary {
  return {
    name: metricName.parse(row.name),
    last: encode(row.last),
    lastStep: row.last_step,
    min: encode(row.min),
    max: encode(row.max),
    count: row.count,
  }
}
