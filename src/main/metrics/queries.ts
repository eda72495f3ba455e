import { greater, lesser, type Points } from '#contract/domain/buckets.ts'
import { encodeMetric, type MetricName, type MetricSummary } from '#contract/domain/metric.ts'
import type { StudioDatabase } from '../database/open.ts'

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

/** Points of series, and the summaries of series. The database stores NaN as NULL. */
export class MetricQueries {
  readonly #seriesOfRun
  readonly #allSeries
  readonly #points
  readonly #pointCount
  readonly #findSeries
  readonly #addSeries
  readonly #putPoint
  readonly #summarize
  readonly #recount
  readonly #deleteAfter
  readonly #deleteEmpty

  constructor(database: StudioDatabase) {
    this.#seriesOfRun = database.prepare<[number], SeriesRow>(`SELECT ${columns} FROM series WHERE run = ? ORDER BY id`)
    this.#allSeries = database.prepare<[], SeriesRow>(`SELECT ${columns} FROM series ORDER BY id`)
    this.#points = database
      .prepare<[number, number, number], [number, number | null]>(
        'SELECT step, value FROM point WHERE series = ? AND step BETWEEN ? AND ? ORDER BY step',
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
      'INSERT OR REPLACE INTO point (series, step, value) VALUES (?, ?, ?)',
    )
    this.#summarize = database.prepare<Pick<SeriesRow, 'id' | 'last' | 'last_step' | 'min' | 'max'>>(
      'UPDATE series SET last = $last, last_step = $last_step, min = $min, max = $max, count = count + 1 WHERE id = $id',
    )
    // The aggregates min() and max() ignore NULL, like `lesser` and `greater` ignore NaN.
    this.#recount = database.prepare<{ id: number }>(`
      UPDATE series SET (count, min, max, last_step) = (SELECT count(*), min(value), max(value), coalesce(max(step), -1) FROM point WHERE series = $id),
        last = (SELECT value FROM point WHERE series = $id ORDER BY step DESC LIMIT 1)
      WHERE id = $id`)
    this.#deleteAfter = database.prepare<[number, number]>('DELETE FROM point WHERE series = ? AND step > ?')
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

  /** Number of points of all runs. */
  pointCount(): number {
    return this.#pointCount.get()?.count ?? 0
  }

  /**
   * Points of a run's series between two steps, both included, with the last step of the whole series.
   * @param names undefined for every series
   */
  *series(
    run: number,
    names: ReadonlySet<MetricName> | undefined,
    from: number,
    to: number,
  ): Generator<{ name: MetricName; lastStep: number; points: Points<number> }> {
    for (const { id, name, last_step } of this.#seriesOfRun.all(run)) {
      if (names !== undefined && !names.has(name)) continue
      const steps: number[] = []
      const values: number[] = []
      for (const [step, value] of this.#points.iterate(id, from, to)) {
        steps.push(step)
        values.push(fromStored(value))
      }
      yield { name, lastStep: last_step, points: { steps, values } }
    }
  }

  /** Adds one point and updates the summary. A point at a stored step replaces that one. */
  record(run: number, name: MetricName, step: number, value: number): void {
    const known = this.#findSeries.get(run, name)
    const id = known?.id ?? Number(this.#addSeries.run(run, name).lastInsertRowid)
    this.#putPoint.run(id, step, toStored(value))
    if (step > (known?.last_step ?? -1)) {
      this.#summarize.run({
        id,
        last: toStored(value),
        last_step: step,
        min: toStored(lesser(fromStored(known?.min), value)),
        max: toStored(greater(fromStored(known?.max), value)),
      })
    } else this.#recount.run({ id })
  }

  /** Removes a series of a run. */
  remove(run: number, name: MetricName): void {
    const known = this.#findSeries.get(run, name)
    if (known === undefined) return
    this.#deleteAfter.run(known.id, -1)
    this.#recount.run({ id: known.id })
    this.#deleteEmpty.run(run)
  }

  /** Removes the points after `step`, which a new attempt computes again. */
  rewind(run: number, step: number): void {
    for (const { id, last_step } of this.#seriesOfRun.all(run)) {
      if (last_step <= step) continue
      this.#deleteAfter.run(id, step)
      this.#recount.run({ id })
    }
    this.#deleteEmpty.run(run)
  }
}

const fromStored = (value: number | null | undefined): number => value ?? Number.NaN
const toStored = (value: number): number | null => (Number.isNaN(value) ? null : value)

function summaryOf({ name, last, last_step, min, max, count }: SeriesRow): MetricSummary {
  return {
    name,
    last: encodeMetric(fromStored(last)),
    lastStep: last_step,
    min: encodeMetric(fromStored(min)),
    max: encodeMetric(fromStored(max)),
    count,
  }
}
