import { type Buckets, greater, lesser, type Points } from '#contract/domain/buckets.ts'
import { encodeMetric, type MetricName, type MetricSummary } from '#contract/domain/metric.ts'
import { isValidation } from '#contract/query/metric-keys.ts'
import type { StudioDatabase } from '../database/open.ts'
import { ValuesAtStep } from './at-step.ts'
import { bestMove, type BestMove, BestValidation } from './best-validation.ts'
import { allSteps, fromStored, SeriesPoints, type StepRange, toStored } from './points.ts'
import { StepTimes } from './times.ts'

interface SeriesRow {
  id: number
  run: number
  name: string
  last: number | null
  last_step: number
  min: number | null
  max: number | null
  count: number
  at_best_validation: number | null
}

const columns = 'id, run, name, last, last_step, min, max, count, at_best_validation'

/** Series of runs: their points, and a summary of each that is kept with it. */
export class MetricQueries {
  readonly times: StepTimes
  readonly atStep: ValuesAtStep
  readonly #points: SeriesPoints
  readonly #best: BestValidation
  readonly #seriesOfRun
  readonly #allSeries
  readonly #pointCount
  readonly #findSeries
  readonly #addSeries
  readonly #summarize
  readonly #deleteEmpty

  constructor(database: StudioDatabase) {
    this.times = new StepTimes(database)
    this.atStep = new ValuesAtStep(database)
    this.#points = new SeriesPoints(database)
    this.#best = new BestValidation(database, this.#points)
    this.#seriesOfRun = database.prepare<[number], SeriesRow>(`SELECT ${columns} FROM series WHERE run = ? ORDER BY id`)
    this.#allSeries = database.prepare<[], SeriesRow>(`SELECT ${columns} FROM series ORDER BY id`)
    this.#pointCount = database.prepare<[], { count: number }>('SELECT coalesce(sum(count), 0) AS count FROM series')
    this.#findSeries = database.prepare<[number, string], SeriesRow>(
      `SELECT ${columns} FROM series WHERE run = ? AND name = ?`,
    )
    this.#addSeries = database.prepare<[number, string]>(
      'INSERT INTO series (run, name, last_step, count) VALUES (?, ?, -1, 0)',
    )
    this.#summarize = database.prepare<Omit<SeriesRow, 'run' | 'name' | 'at_best_validation'>>(
      'UPDATE series SET last = $last, last_step = $last_step, min = $min, max = $max, count = $count WHERE id = $id',
    )
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
    for (const { id, name, last_step } of this.#seriesOf(run, names))
      yield { name, lastStep: last_step, points: this.#points.read(id, { from, to }) }
  }

  /** The points of `series` in at most `maxBuckets` buckets, equal to `bucketize` of them. */
  *buckets(
    run: number,
    names: ReadonlySet<MetricName> | undefined,
    { from, to, maxBuckets }: StepRange & { maxBuckets: number },
  ): Generator<{ name: MetricName; lastStep: number; buckets: Buckets<number> }> {
    for (const series of this.#seriesOf(run, names))
      yield {
        name: series.name,
        lastStep: series.last_step,
        buckets: this.#points.buckets(series, { from, to }, maxBuckets),
      }
  }

  /**
   * Adds points of a run, ascending by step. A point at a stored step replaces that one.
   * @returns how they move the best step of a validation metric, for `markBestValidation`; undefined if they do not
   */
  append(run: number, name: MetricName, points: Points<number>): BestMove | undefined {
    const known = this.#findSeries.get(run, name)
    const id = known?.id ?? Number(this.#addSeries.run(run, name).lastInsertRowid)
    const firstStep = points.steps[0]
    if (firstStep === undefined) return undefined
    const isAscending = points.steps.every((step, index) => index === 0 || step > (points.steps[index - 1] ?? step))
    if (!isAscending || firstStep <= (known?.last_step ?? -1)) {
      this.#points.put(id, points)
      this.#recount(id)
      return isValidation(name) ? null : undefined
    }
    const count = known?.count ?? 0
    const before = { min: fromStored(known?.min), max: fromStored(known?.max) }
    this.#summarizePoints(id, points, { ...before, count })
    this.#points.append(id, points, count)
    return bestMove(name, known === undefined ? undefined : before, points)
  }

  /** Removes a series of a run. */
  remove(run: number, name: MetricName): void {
    const known = this.#findSeries.get(run, name)
    if (known === undefined) return
    this.#cut(known.id, -1)
    this.#deleteEmpty.run(run)
  }

  /** Removes the points after `step`, which a new attempt computes again. */
  rewind(run: number, step: number): void {
    this.times.rewind(run, step)
    for (const { id, last_step } of this.#seriesOfRun.all(run)) if (last_step > step) this.#cut(id, step)
    this.#deleteEmpty.run(run)
  }

  /** Packs what a run that has ended left as rows. */
  finish(run: number): void {
    for (const series of this.#seriesOfRun.all(run)) this.#points.finish(series)
  }

  /** Stores the values at the best validation again. Call it when `append` says so, when points were removed, and at the end of a run. */
  markBestValidation(run: number, moves?: ReadonlyMap<MetricName, BestMove>): void {
    this.#best.mark(this.#seriesOfRun.all(run), moves)
  }

  #seriesOf(run: number, names: ReadonlySet<MetricName> | undefined): SeriesRow[] {
    if (names === undefined) return this.#seriesOfRun.all(run)
    return [...names].flatMap((name) => this.#findSeries.get(run, name) ?? [])
  }

  #cut(series: number, step: number): void {
    this.#points.cut(series, step)
    this.#recount(series)
  }

  /** Writes the summary of a series again, from its points. */
  #recount(series: number): void {
    this.#summarizePoints(series, this.#points.read(series, allSteps), { min: Number.NaN, max: Number.NaN, count: 0 })
  }

  /** Writes the summary of a series that ends with these points, from the summary of those before. */
  #summarizePoints(
    series: number,
    { steps, values }: Points<number>,
    before: { min: number; max: number; count: number },
  ): void {
    this.#summarize.run({
      id: series,
      last: toStored(values.at(-1) ?? Number.NaN),
      last_step: steps.at(-1) ?? -1,
      min: toStored(values.reduce(lesser, before.min)),
      max: toStored(values.reduce(greater, before.max)),
      count: before.count + values.length,
    })
  }
}

function summaryOf({ name, last, last_step, min, max, count, at_best_validation }: SeriesRow): MetricSummary {
  return {
    name,
    last: encodeMetric(fromStored(last)),
    lastStep: last_step,
    min: encodeMetric(fromStored(min)),
    max: encodeMetric(fromStored(max)),
    count,
    ...(at_best_validation === null ? {} : { atBestValidation: encodeMetric(at_best_validation) }),
  }
}
