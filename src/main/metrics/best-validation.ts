import { greater, lesser, type Points } from '#contract/domain/buckets.ts'
import { describeMetric, type MetricName } from '#contract/domain/metric.ts'
import type { StudioDatabase } from '../database/open.ts'
import { type Chunk, decodePoints } from './chunk.ts'

/** By which the best step of a run is chosen: the first one that it has. */
const validationMetrics: readonly MetricName[] = ['validation/top1', 'validation/loss']

interface Series {
  readonly id: number
  readonly name: MetricName
}

/** The value of every series of a run at the step where its validation was best: its top-1 if it has one, else its loss. */
export class BestValidation {
  readonly #set
  readonly #lastPoint
  readonly #lastChunk

  constructor(database: StudioDatabase) {
    this.#set = database.prepare<[number | null, number]>('UPDATE series SET at_best_validation = ? WHERE id = ?')
    this.#lastPoint = database.prepare<[number, number], { value: number | null }>(
      'SELECT value FROM point WHERE series = ? AND step <= ? ORDER BY step DESC LIMIT 1',
    )
    this.#lastChunk = database.prepare<[number, number], Omit<Chunk, 'width' | 'buckets'>>(
      'SELECT first_step, last_step, count, points FROM chunk WHERE series = ? AND first_step <= ? ORDER BY first_step DESC LIMIT 1',
    )
  }

  /** Stores the values of all series of a run; none if it has no validation. */
  mark(all: readonly Series[], pointsOf: (series: number) => Points<number>): void {
    const validation = validationMetrics
      .map((metric) => all.find(({ name }) => name === metric))
      .find((series) => series !== undefined)
    const best = validation === undefined ? undefined : bestStep(validation.name, pointsOf(validation.id))
    for (const { id } of all) this.#set.run(best === undefined ? null : this.#valueAt(id, best), id)
  }

  /** The last value of a series up to a step; null for NaN, as it is stored. */
  #valueAt(series: number, step: number): number | null {
    const row = this.#lastPoint.get(series, step)
    if (row !== undefined) return row.value
    const chunk = this.#lastChunk.get(series, step)
    if (chunk === undefined) return null
    const { steps, values } = decodePoints(chunk)
    const value = values[steps.findLastIndex((of) => of <= step)]
    return value === undefined || Number.isNaN(value) ? null : value
  }
}

/** The first step at which a metric has its best value; undefined if it has none. */
function bestStep(metric: MetricName, { steps, values }: Points<number>): number | undefined {
  const better = describeMetric(metric).goal === 'minimize' ? lesser : greater
  return steps[values.indexOf(values.reduce(better, Number.NaN))]
}
