import {
  addBuckets,
  addPoints,
  type BucketColumns,
  type Buckets,
  bucketWidth,
  emptyBuckets,
  type Points,
} from '#contract/domain/buckets.ts'
import type { StudioDatabase } from '../database/open.ts'
import {
  type Chunk,
  chunkPoints,
  decodeBuckets,
  decodePoints,
  encodeChunk,
  outlineOf,
  outlineWidth,
  pointAt,
} from './chunk.ts'
import { overviewBuckets, Overviews, type SeriesExtent } from './overviews.ts'

/** Steps to read, both included. */
export interface StepRange {
  from: number
  to: number
}
export const allSteps: StepRange = { from: 0, to: Number.MAX_SAFE_INTEGER }

/** Fewer points are kept as rows. */
const pointsWorthPacking = 256

/** A series and the number of its points. */
interface StoredSeries {
  id: number
  count: number
}

type ChunkFacts = Omit<Chunk, 'buckets' | 'points'> & { id: number }

/** Points of series by the id of the series. The last points are rows, in which NaN is NULL; the ones before are packed in chunks. */
export class SeriesPoints {
  readonly #rows
  readonly #putRow
  readonly #deleteRowsAfter
  readonly #packedCount
  readonly #chunks
  readonly #chunkBuckets
  readonly #chunkPoints
  readonly #outlines
  readonly #lastRow
  readonly #lastChunk
  readonly #addChunk
  readonly #addOutline
  readonly #deleteChunk
  readonly #deleteOutline
  readonly #overviews

  constructor(database: StudioDatabase) {
    this.#rows = database
      .prepare<[number, number, number], [number, number | null]>(
        'SELECT step, value FROM point WHERE series = ? AND step BETWEEN ? AND ? ORDER BY step',
      )
      .raw()
    this.#putRow = database.prepare<[number, number, number | null]>(
      'INSERT OR REPLACE INTO point (series, step, value) VALUES (?, ?, ?)',
    )
    this.#deleteRowsAfter = database.prepare<[number, number]>('DELETE FROM point WHERE series = ? AND step > ?')
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
    this.#outlines = database
      .prepare<[number, number, number], [number, Buffer]>(
        'SELECT first_step, buckets FROM outline WHERE series = ? AND first_step BETWEEN ? AND ?',
      )
      .raw()
    this.#lastRow = database.prepare<[number, number], { value: number | null }>(
      'SELECT value FROM point WHERE series = ? AND step <= ? ORDER BY step DESC LIMIT 1',
    )
    this.#lastChunk = database.prepare<[number, number], Omit<Chunk, 'width' | 'buckets'>>(
      'SELECT first_step, last_step, count, points FROM chunk WHERE series = ? AND first_step <= ? ORDER BY first_step DESC LIMIT 1',
    )
    this.#addChunk = database.prepare<Chunk & { series: number }>(`
      INSERT INTO chunk (series, first_step, last_step, count, width, buckets, points)
      VALUES ($series, $first_step, $last_step, $count, $width, $buckets, $points)`)
    this.#addOutline = database.prepare<[number, number, Buffer]>(
      'INSERT INTO outline (series, first_step, buckets) VALUES (?, ?, ?)',
    )
    this.#deleteChunk = database.prepare<[number]>('DELETE FROM chunk WHERE id = ?')
    this.#deleteOutline = database.prepare<[number, number]>('DELETE FROM outline WHERE series = ? AND first_step = ?')
    this.#overviews = new Overviews(database)
  }

  /** Points of a range, ascending by step. */
  read(series: number, range: StepRange): Points<number> {
    const steps: number[] = []
    const values: number[] = []
    const parts = this.#chunks.all(series, range.from, range.to).map((chunk) => this.#pointsWithin(chunk, range))
    for (const part of [...parts, this.#rowsOf(series, range)])
      for (const [index, step] of part.steps.entries()) {
        steps.push(step)
        values.push(part.values[index] ?? Number.NaN)
      }
    return { steps, values }
  }

  /** The last value up to a step; NaN if there is none. */
  valueAt(series: number, step: number): number {
    const row = this.#lastRow.get(series, step)
    if (row !== undefined) return fromStored(row.value)
    const chunk = this.#lastChunk.get(series, step)
    if (chunk === undefined) return Number.NaN
    return pointAt(chunk, step).value
  }

  /**
   * Equal to `bucketize` of the points of a range, but read from the overview of the series or the summaries of chunks if the buckets
   * are wide.
   */
  buckets({ id, count }: StoredSeries, range: StepRange, maxBuckets: number): Buckets<number> {
    return this.#overviews.find(id, count, { ...range, maxBuckets }) ?? this.#summaries(id, range, maxBuckets).buckets
  }

  /** The points of a range in buckets, from the summaries of chunks, and their extent. */
  #summaries(series: number, range: StepRange, maxBuckets: number): { extent: SeriesExtent; buckets: Buckets<number> } {
    const chunks = this.#chunks.all(series, range.from, range.to).map((chunk) => {
      // A chunk that the range cuts is read; of a whole one, its facts decide the width.
      if (isWithin(chunk, range)) return { chunk, count: chunk.count, first: chunk.first_step, last: chunk.last_step }
      return factsOf(this.#pointsWithin(chunk, range))
    })
    const parts = [...chunks, factsOf(this.#rowsOf(series, range))].filter(({ count }) => count > 0)
    const count = parts.reduce((sum, part) => sum + part.count, 0)
    const extent = { count, first: parts[0]?.first ?? 0, last: parts.at(-1)?.last ?? 0 }
    const width = bucketWidth(count, extent.first, extent.last, maxBuckets)
    const buckets = emptyBuckets<number>(width)
    // One statement reads the outlines of all chunks, which are stored side by side.
    const hasOutlines = chunks.some((part) => 'chunk' in part && outlineWidth(part.chunk.width) <= width)
    const outlines = new Map(hasOutlines ? this.#outlines.all(series, range.from, range.to) : [])
    for (const part of parts) {
      const outline = 'chunk' in part ? outlines.get(part.chunk.first_step) : undefined
      if ('points' in part) addPoints(buckets, part.points)
      else if (outline !== undefined && outlineWidth(part.chunk.width) <= width)
        addBuckets(buckets, decodeBuckets(outline))
      else if (part.chunk.width <= width) addBuckets(buckets, this.#bucketsOf(part.chunk))
      else addPoints(buckets, this.#pointsOf(part.chunk))
    }
    return { extent, buckets }
  }

  /** Adds points after all others. `count` is the number of points before. */
  append(series: number, points: Points<number>, count: number): void {
    const added = points.values.length
    const rows = count - (this.#packedCount.get(series)?.count ?? 0)
    // A run that is followed adds a few points at a time: they stay rows and are packed rarely. A file that is read adds many.
    if (added >= pointsWorthPacking || rows + added >= 2 * chunkPoints) this.#pack(series, points)
    else this.#putRows(series, points)
  }

  /** Adds or replaces points at any step. */
  put(series: number, points: Points<number>): void {
    this.#overviews.delete(series)
    this.#unpack(series, Math.min(...points.steps))
    this.#putRows(series, points)
  }

  /** Removes the points after a step. */
  cut(series: number, step: number): void {
    this.#overviews.delete(series)
    this.#unpack(series, step + 1)
    this.#deleteRowsAfter.run(series, step)
  }

  /** Packs what is left as rows of a series, and summarises the whole of it if it has several chunks. */
  finish({ id, count }: StoredSeries): void {
    if (count >= pointsWorthPacking) this.#pack(id, { steps: [], values: [] })
    if (count <= chunkPoints) return
    const { extent, buckets } = this.#summaries(id, allSteps, overviewBuckets)
    this.#overviews.put(id, extent, buckets)
  }

  #putRows(series: number, { steps, values }: Points<number>): void {
    for (const [index, step] of steps.entries()) this.#putRow.run(series, step, toStored(values[index] ?? Number.NaN))
  }

  /** Packs the rows of a series and the points that follow them. A small rest stays as rows. */
  #pack(series: number, { steps, values }: Points<number>): void {
    const all = this.#rowsOf(series, allSteps)
    all.steps.push(...steps)
    all.values.push(...values)
    this.#deleteRowsAfter.run(series, -1)
    let at = 0
    while (all.steps.length - at >= pointsWorthPacking) {
      const end = Math.min(at + chunkPoints, all.steps.length)
      const chunk = encodeChunk({ steps: all.steps.slice(at, end), values: all.values.slice(at, end) })
      this.#addChunk.run({ series, ...chunk })
      this.#addOutline.run(series, chunk.first_step, outlineOf(chunk))
      at = end
    }
    this.#putRows(series, { steps: all.steps.slice(at), values: all.values.slice(at) })
  }

  /** Turns the chunks with points from `step` on into rows, which can be changed. */
  #unpack(series: number, step: number): void {
    for (const chunk of this.#chunks.all(series, step, Number.MAX_SAFE_INTEGER)) {
      this.#putRows(series, this.#pointsOf(chunk))
      this.#deleteChunk.run(chunk.id)
      this.#deleteOutline.run(series, chunk.first_step)
    }
  }

  #rowsOf(series: number, { from, to }: StepRange): { steps: number[]; values: number[] } {
    const rows = this.#rows.all(series, from, to)
    return { steps: rows.map(([step]) => step), values: rows.map(([, value]) => fromStored(value)) }
  }

  #pointsOf({ id }: ChunkFacts): Points<number> {
    const row = this.#chunkPoints.get(id)
    return row === undefined ? { steps: [], values: [] } : decodePoints(row)
  }

  #pointsWithin(chunk: ChunkFacts, range: StepRange): Points<number> {
    const points = this.#pointsOf(chunk)
    if (isWithin(chunk, range)) return points
    const { steps, values } = points
    const start = steps.findIndex((step) => step >= range.from)
    const end = steps.findIndex((step) => step > range.to)
    if (start === -1) return { steps: [], values: [] }
    return {
      steps: steps.slice(start, end === -1 ? undefined : end),
      values: values.slice(start, end === -1 ? undefined : end),
    }
  }

  #bucketsOf({ id, width }: ChunkFacts): BucketColumns<number> {
    const row = this.#chunkBuckets.get(id)
    return row === undefined ? emptyBuckets(width) : decodeBuckets(row.buckets)
  }
}

const isWithin = ({ first_step, last_step }: ChunkFacts, { from, to }: StepRange): boolean =>
  first_step >= from && last_step <= to

const factsOf = (points: Points<number>) => ({
  points,
  count: points.steps.length,
  first: points.steps[0],
  last: points.steps.at(-1),
})

export const fromStored = (value: number | null | undefined): number => value ?? Number.NaN
export const toStored = (value: number): number | null => (Number.isNaN(value) ? null : value)
