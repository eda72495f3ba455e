import { type BucketedSeries, encodeMetric, type MetricName } from '#contract/domain/metric.ts'
import type { MetricQueries } from './queries.ts'

export interface SeriesRequest {
  runIds: readonly string[]
  names?: readonly MetricName[] | undefined
  from?: number | undefined
  to?: number | undefined
  maxBuckets: number
}

/** Series of runs, in as many buckets as the screen can show. */
export class Metrics {
  readonly #queries: MetricQueries
  readonly #keyOf: (runId: string) => number

  /** @param keyOf returns the database key of a run, or throws `not-found` */
  constructor(queries: MetricQueries, keyOf: (runId: string) => number) {
    this.#queries = queries
    this.#keyOf = keyOf
  }

  series({ runIds, names, from = 0, to = Number.MAX_SAFE_INTEGER, maxBuckets }: SeriesRequest): BucketedSeries[] {
    const wanted = names === undefined ? undefined : new Set(names)
    return runIds.flatMap((runId) =>
      Array.from(
        this.#queries.buckets(this.#keyOf(runId), wanted, { from, to, maxBuckets }),
        ({ name, lastStep, buckets: { width, start, first, last, min, max } }): BucketedSeries => ({
          runId,
          name,
          width,
          start,
          first: first.map(encodeMetric),
          last: last.map(encodeMetric),
          min: min.map(encodeMetric),
          max: max.map(encodeMetric),
          lastStep,
        }),
      ),
    )
  }
}
