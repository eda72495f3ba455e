import { setImmediate as othersFirst } from 'node:timers/promises'
import type { BucketedSeries, Buckets } from '#contract/domain/buckets.ts'
import { encodeMetric, type MetricAtStep, type MetricName, type RunTimes } from '#contract/domain/metric.ts'
import { packBuckets, type PackedSeries } from '#contract/domain/packed-series.ts'
import type { MetricQueries } from './queries.ts'
import type { StepTime } from './times.ts'
import { Turns } from './turns.ts'

export interface SeriesRequest {
  runIds: readonly string[]
  names?: readonly MetricName[] | undefined
  from?: number | undefined
  to?: number | undefined
  maxBuckets: number
}

/** Others wait at most about this long for a request of many series. */
const longestReadMs = 15
/** Other requests for series wait at most about this long: several times what the charts in sight need. */
const longestTurnMs = 250

/** Series of runs, in as many buckets as the screen can show. */
export class Metrics {
  readonly #queries: MetricQueries
  readonly #keyOf: (runId: string) => number
  readonly #latestTime: (runId: string) => StepTime | undefined
  readonly #turns = new Turns()

  /**
   * @param keyOf returns the database key of a run, or throws `not-found`
   * @param latestTime returns the time of the last step of a run that is in an attempt
   */
  constructor(
    queries: MetricQueries,
    keyOf: (runId: string) => number,
    latestTime: (runId: string) => StepTime | undefined,
  ) {
    this.#queries = queries
    this.#keyOf = keyOf
    this.#latestTime = latestTime
  }

  series(request: SeriesRequest): BucketedSeries[] {
    return Array.from(
      this.#bucketed(request),
      ({ runId, name, lastStep, buckets: { width, start, first, last, min, max } }): BucketedSeries => ({
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
    )
  }

  /**
   * Packed series. Reading many lets other work of the studio pass in between, but not other requests for series, so that the first chart
   * of a page is drawn while those after it are read. Only a very long request gives them a turn.
   */
  async packed({ hasRanges, ...request }: SeriesRequest & { hasRanges: boolean }): Promise<PackedSeries[]> {
    const packed: PackedSeries[] = []
    let endTurn = await this.#turns.take()
    try {
      let pauseAt = performance.now() + longestReadMs
      let turnUntil = performance.now() + longestTurnMs
      for (const { runId, name, lastStep, buckets } of this.#bucketed(request)) {
        const { bytes, ...facts } = packBuckets(buckets, hasRanges)
        const columns = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
        packed.push({ runId, name, lastStep, ...facts, columns })
        if (performance.now() < pauseAt) continue
        await othersFirst()
        if (performance.now() > turnUntil) {
          endTurn()
          endTurn = await this.#turns.take()
          turnUntil = performance.now() + longestTurnMs
        }
        pauseAt = performance.now() + longestReadMs
      }
      return packed
    } finally {
      endTurn()
    }
  }

  *#bucketed({ runIds, names, from = 0, to = Number.MAX_SAFE_INTEGER, maxBuckets }: SeriesRequest): Generator<{
    runId: string
    name: MetricName
    lastStep: number
    buckets: Buckets<number>
  }> {
    const wanted = names === undefined ? undefined : new Set(names)
    for (const runId of runIds)
      for (const series of this.#queries.buckets(this.#keyOf(runId), wanted, { from, to, maxBuckets }))
        yield { runId, ...series }
  }

  /** The last value of a metric up to a step, of each run that has one. */
  atStep(name: MetricName, step: number, runIds: readonly string[]): MetricAtStep[] {
    return this.#queries.atStep
      .find(name, step, runIds)
      .map(({ value, ...found }) => ({ ...found, value: encodeMetric(value) }))
  }

  /** Times of the steps of runs; of a run without recorded times, empty ones. */
  times(runIds: readonly string[]): RunTimes[] {
    return runIds.map((runId) => {
      const times = this.#queries.times.ofRun(this.#keyOf(runId))
      const latest = this.#latestTime(runId)
      if (latest !== undefined && latest.step > (times.at(-1)?.step ?? -1)) times.push(latest)
      return {
        runId,
        steps: times.map(({ step }) => step),
        wallMs: times.map(({ wallMs }) => wallMs),
        computeMs: times.map(({ computeMs }) => computeMs),
      }
    })
  }
}
