import {
  addBuckets,
  addPoints,
  type Buckets,
  bucketWidth,
  emptyBuckets,
  greater,
  lesser,
  type Points,
} from '#contract/domain/buckets.ts'
import { encodeMetric, type MetricName, type MetricSummary } from '#contract/domain/metric.ts'
import type { StudioDatabase } from '../database/open.ts'
import { BestValidation } from './best-validation.ts'
import { type Chunk, chunkPoints, decodeBuckets, decodePoints, encodeChunk } from './chunk.ts'
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

/** Steps to read, both included. */
export interface StepRange {
  from: number
  to: number
}

/** Fewer points are kept as rows. */
const pointsWorthPacking = 256

type ChunkFacts = Omit<Chunk, 'buckets' | 'points'> & { id: number }

/**
 * Points of series, and the summaries of series. The last points of a series are rows, in which NaN is NULL; the ones before are
 * packed in chunks.
 */
export class MetricQueries {
  readonly times: StepTimes
  readonly #seriesOfRun
  readonly #allSeries
  readonly #points
  readonly #pointCount
  readonly #findSeries
  readonly #addSeries
  readonly #putPoint
  readonly #packedCount
  readonly #chunks
  readonly #chunkBuckets
  readonly #chunkPoints
  readonly #addChunk
  readonly #deleteChunk
  readonly #resummarize
  readonly #deleteAfter
  readonly #deleteEmpty
  readonly #best

  constructor(database: StudioDatabase) {
    this.times = new StepTimes(database)
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
    this.#resummarize = database.prepare<Omit<SeriesRow, 'run' | 'name' | 'at_best_validation'>>(
      'UPDATE series SET last = $last, last_step = $last_step, min = $min, max = $max, count = $count WHERE id = $id',
    )
    this.#packedCount = database.prepare<[number], { count: number }>(
      'SELECT coalesce(sum(count), 0) AS count FROM chunk WHERE series = ?',
    )
    this.#chunks = database.prepare<[number, number, number], ChunkFacts>(
      'SELECT id, first_step, last_step, count, width FROM chunk WHERE series = ? AND last_step >= ? AND first_step <= ? ORDER BY first_step',
    )
    this.#chunkBuckets = database.prepare<[number], Pick<Chunk, 'buckets'>>('SELECT buckets FROM chunk WHERE id = ?')
    this.#chunkPoints = database.prepare<[number], Omit<Chunk, 'width' | 'buckets'>>(
      'SELECT first_step, last_step, count, points FROM chunk WHERE id = ?',
    )
    this.#addChunk = database.prepare<Chunk & { series: number }>(`
      INSERT INTO chunk (series, first_step, last_step, count, width, buckets, points)
      VALUES ($series, $first_step, $last_step, $count, $width, $buckets, $points)`)
    this.#deleteChunk = database.prepare<[number]>('DELETE FROM chunk WHERE id = ?')
    this.#deleteAfter = database.prepare<[number, number]>('DELETE FROM point WHERE series = ? AND step > ?')
    this.#best = new BestValidation(database)
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
      yield { name, lastStep: last_step, points: this.#pointsOf(id, { from, to }) }
    }
  }

  /**
   * The points of `series` in at most `maxBuckets` buckets, equal to `bucketize` of them, but read from the summaries of chunks
   * if the buckets are wide.
   */
  *buckets(
    run: number,
    names: ReadonlySet<MetricName> | undefined,
    { from, to, maxBuckets }: StepRange & { maxBuckets: number },
  ): Generator<{ name: MetricName; lastStep: number; buckets: Buckets<number> }> {
    for (const { id, name, last_step } of this.#seriesOfRun.all(run)) {
      if (names !== undefined && !names.has(name)) continue
      yield { name, lastStep: last_step, buckets: this.#bucketsOf(id, { from, to }, maxBuckets) }
    }
  }

  /** Adds points of a run, ascending by step. A point at a stored step replaces that one. */
  append(run: number, name: MetricName, points: Points<number>): void {
    const known = this.#findSeries.get(run, name)
    const id = known?.id ?? Number(this.#addSeries.run(run, name).lastInsertRowid)
    const firstStep = points.steps[0]
    if (firstStep === undefined) return
    const isAscending = points.steps.every((step, index) => index === 0 || step > (points.steps[index - 1] ?? step))
    if (!isAscending || firstStep <= (known?.last_step ?? -1)) {
      this.#unpack(id, Math.min(...points.steps))
      this.#putAll(id, points)
      this.#recount(id)
      return
    }
    const { values } = points
    this.#resummarize.run({
      id,
      last: toStored(values.at(-1) ?? Number.NaN),
      last_step: points.steps.at(-1) ?? firstStep,
      min: toStored(values.reduce(lesser, fromStored(known?.min))),
      max: toStored(values.reduce(greater, fromStored(known?.max))),
      count: (known?.count ?? 0) + values.length,
    })
    // A run that is followed adds a few points at a time: they stay rows and are packed rarely. A file that is read adds many.
    const rows = (known?.count ?? 0) - (this.#packedCount.get(id)?.count ?? 0)
    if (values.length >= pointsWorthPacking || rows + values.length >= 2 * chunkPoints) this.#pack(id, points)
    else this.#putAll(id, points)
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
    for (const { id, count } of this.#seriesOfRun.all(run))
      if (count >= pointsWorthPacking) this.#pack(id, { steps: [], values: [] })
  }

  /** Stores the values at the best validation again. Call it when points of a validation were added or removed. */
  markBestValidation(run: number): void {
    this.#best.mark(this.#seriesOfRun.all(run), (id) => this.#pointsOf(id, { from: 0, to: Number.MAX_SAFE_INTEGER }))
  }

  #cut(series: number, step: number): void {
    this.#unpack(series, step + 1)
    this.#deleteAfter.run(series, step)
    this.#recount(series)
  }

  #putAll(series: number, { steps, values }: Points<number>): void {
    for (const [index, step] of steps.entries()) this.#putPoint.run(series, step, toStored(values[index] ?? Number.NaN))
  }

  /** Packs the rows of a series and the points that follow them. A small rest stays as rows. */
  #pack(series: number, { steps, values }: Points<number>): void {
    const all = this.#tailOf(series, { from: 0, to: Number.MAX_SAFE_INTEGER })
    all.steps.push(...steps)
    all.values.push(...values)
    this.#deleteAfter.run(series, -1)
    let at = 0
    while (all.steps.length - at >= pointsWorthPacking) {
      const end = Math.min(at + chunkPoints, all.steps.length)
      this.#addChunk.run({
        series,
        ...encodeChunk({ steps: all.steps.slice(at, end), values: all.values.slice(at, end) }),
      })
      at = end
    }
    this.#putAll(series, { steps: all.steps.slice(at), values: all.values.slice(at) })
  }

  /** Turns the chunks with points from `step` on into rows, which can be changed. */
  #unpack(series: number, step: number): void {
    for (const { id } of this.#chunks.all(series, step, Number.MAX_SAFE_INTEGER)) {
      this.#putAll(series, this.#pointsOfChunk(id))
      this.#deleteChunk.run(id)
    }
  }

  /** Writes the summary of a series again, from its points. */
  #recount(series: number): void {
    const { steps, values } = this.#pointsOf(series, { from: 0, to: Number.MAX_SAFE_INTEGER })
    this.#resummarize.run({
      id: series,
      last: toStored(values.at(-1) ?? Number.NaN),
      last_step: steps.at(-1) ?? -1,
      min: toStored(values.reduce(lesser, Number.NaN)),
      max: toStored(values.reduce(greater, Number.NaN)),
      count: values.length,
    })
  }

  #pointsOf(series: number, range: StepRange): Points<number> {
    const steps: number[] = []
    const values: number[] = []
    for (const { id, first_step, last_step } of this.#chunks.all(series, range.from, range.to)) {
      const points = this.#pointsOfChunk(id)
      const [start, end] =
        first_step >= range.from && last_step <= range.to ? [0, points.steps.length] : within(points.steps, range)
      for (let index = start; index < end; index++) {
        steps.push(points.steps[index] ?? 0)
        values.push(points.values[index] ?? Number.NaN)
      }
    }
    for (const [step, value] of this.#points.iterate(series, range.from, range.to)) {
      steps.push(step)
      values.push(fromStored(value))
    }
    return { steps, values }
  }

  #tailOf(series: number, { from, to }: StepRange): { steps: number[]; values: number[] } {
    const rows = this.#points.all(series, from, to)
    return { steps: rows.map(([step]) => step), values: rows.map(([, value]) => fromStored(value)) }
  }

  #bucketsOf(series: number, range: StepRange, maxBuckets: number): Buckets<number> {
    const chunks = this.#chunks.all(series, range.from, range.to).map((chunk) => {
      const isWhole = chunk.first_step >= range.from && chunk.last_step <= range.to
      return isWhole
        ? { chunk, points: undefined, count: chunk.count, first: chunk.first_step, last: chunk.last_step }
        : { chunk, ...partOf(this.#pointsOfChunk(chunk.id), range) }
    })
    const tail = this.#tailOf(series, range)
    const parts = [...chunks, { points: tail, count: tail.steps.length, first: tail.steps[0], last: tail.steps.at(-1) }]
    const filled = parts.filter(({ count }) => count > 0)
    const count = filled.reduce((sum, part) => sum + part.count, 0)
    const buckets = emptyBuckets<number>(
      bucketWidth(count, filled[0]?.first ?? 0, filled.at(-1)?.last ?? 0, maxBuckets),
    )
    for (const part of filled) {
      if ('chunk' in part && part.points === undefined && part.chunk.width <= buckets.width) {
        const { id, width } = part.chunk
        const row = this.#chunkBuckets.get(id)
        if (row !== undefined) addBuckets(buckets, decodeBuckets(width, row.buckets))
        continue
      }
      const points = part.points ?? ('chunk' in part ? this.#pointsOfChunk(part.chunk.id) : undefined)
      if (points !== undefined) addPoints(buckets, points)
    }
    return buckets
  }

  #pointsOfChunk(id: number): Points<number> {
    const row = this.#chunkPoints.get(id)
    return row === undefined ? { steps: [], values: [] } : decodePoints(row)
  }
}

/** Indices of the first step in a range, and of the first one behind it. */
function within(steps: readonly number[], { from, to }: StepRange): [start: number, end: number] {
  const start = steps.findIndex((step) => step >= from)
  const end = steps.findIndex((step) => step > to)
  return [start === -1 ? steps.length : start, end === -1 ? steps.length : end]
}

function partOf({ steps, values }: Points<number>, range: StepRange) {
  const [start, end] = within(steps, range)
  const points = { steps: steps.slice(start, end), values: values.slice(start, end) }
  return { points, count: points.steps.length, first: points.steps[0], last: points.steps.at(-1) }
}

const fromStored = (value: number | null | undefined): number => value ?? Number.NaN
const toStored = (value: number): number | null => (Number.isNaN(value) ? null : value)

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
