import { addBuckets, type Buckets, bucketWidth, emptyBuckets } from '#contract/domain/buckets.ts'
import type { StudioDatabase } from '../database/open.ts'
import { decodeBuckets, encodeBuckets } from './chunk.ts'

/** Buckets that the overview of a series may have: as many as a chart of ten runs shows. */
export const overviewBuckets = 512

/** Number, first and last step of all points of a series. */
export interface SeriesExtent {
  count: number
  first: number
  last: number
}

/** The whole of each series of a run that has ended in few buckets, so that a wide view reads one row of it. */
export class Overviews {
  readonly #find
  readonly #put
  readonly #delete

  constructor(database: StudioDatabase) {
    this.#find = database
      .prepare<[number], [number, number, number, number, Buffer]>(
        'SELECT count, first_step, last_step, width, buckets FROM overview WHERE series = ?',
      )
      .raw()
    this.#put = database.prepare<[number, number, number, number, number, Buffer]>(
      'INSERT OR REPLACE INTO overview (series, count, first_step, last_step, width, buckets) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#delete = database.prepare<[number]>('DELETE FROM overview WHERE series = ?')
  }

  /**
   * The points from `from` to `to` in at most `maxBuckets` buckets; undefined if there is no overview, if it has wider buckets, or if
   * the range cuts it.
   * @param count points of the series: an overview of fewer is older than the last of them
   */
  find(
    series: number,
    count: number,
    { from, to, maxBuckets }: { from: number; to: number; maxBuckets: number },
  ): Buckets<number> | undefined {
    const [points, first = 0, last = 0, width = 0, bytes] = this.#find.get(series) ?? []
    if (points !== count || bytes === undefined || from > first || to < last) return undefined
    const wanted = bucketWidth(count, first, last, maxBuckets)
    if (width > wanted) return undefined
    const buckets = emptyBuckets<number>(wanted)
    addBuckets(buckets, decodeBuckets(bytes))
    return buckets
  }

  put(series: number, { count, first, last }: SeriesExtent, buckets: Buckets<number>): void {
    this.#put.run(series, count, first, last, buckets.width, encodeBuckets(buckets))
  }

  delete(series: number): void {
    this.#delete.run(series)
  }
}
