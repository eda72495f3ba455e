import { greater, lesser, type Points } from '#contract/domain/buckets.ts'
import { describeMetric, type MetricName } from '#contract/domain/metric.ts'
import type { StudioDatabase } from '../database/open.ts'
import { allSteps, type SeriesPoints, toStored } from './points.ts'

/** By which the best step of a run is chosen: the first one that it has. */
const validationMetrics: readonly MetricName[] = ['validation/top1', 'validation/loss']

interface Series {
  readonly id: number
  readonly name: MetricName
}

/** The value of every series of a run at the step where its validation was best: its top-1 if it has one, else its loss. */
export class BestValidation {
  readonly #points: SeriesPoints
  readonly #set

  constructor(database: StudioDatabase, points: SeriesPoints) {
    this.#points = points
    this.#set = database.prepare<[number | null, number]>('UPDATE series SET at_best_validation = ? WHERE id = ?')
  }

  /**
   * Stores the values of all series of a run; none if it has no validation.
   * @param moves what changed of validation metrics; without it, the whole series is read
   */
  mark(all: readonly Series[], moves?: ReadonlyMap<MetricName, BestMove>): void {
    const validation = validationMetrics
      .map((metric) => all.find(({ name }) => name === metric))
      .find((series) => series !== undefined)
    if (validation !== undefined && moves?.has(validation.name) === false) return
    const best =
      validation === undefined
        ? undefined
        : (moves?.get(validation.name) ?? bestStep(validation.name, this.#points.read(validation.id, allSteps)))
    for (const { id } of all) this.#set.run(best === undefined ? null : toStored(this.#points.valueAt(id, best)), id)
  }
}

/** Step at which new points made a validation metric better than ever; null if only the whole series says where its best step is. */
export type BestMove = number | null

/**
 * How points after those of a series move the best step of a validation metric; undefined if they do not. So a long run is not read again for
 * every batch of events.
 * @param before smallest and largest value of the series, NaN if no value is a number; undefined for a new series
 */
export function bestMove(
  metric: MetricName,
  before: { readonly min: number; readonly max: number } | undefined,
  { steps, values }: Points<number>,
): BestMove | undefined {
  if (!validationMetrics.includes(metric)) return undefined
  // A run that gets a better validation metric is measured by it from now on, even by its NaN.
  if (before === undefined) return null
  const best = values.reduce(isMinimized(metric) ? lesser : greater, Number.NaN)
  const isBetter = isMinimized(metric) ? !(best >= before.min) : !(best <= before.max)
  if (Number.isNaN(best) || !isBetter) return undefined
  return steps[values.indexOf(best)] ?? null
}

const isMinimized = (metric: MetricName): boolean => describeMetric(metric).goal === 'minimize'

/** The first step at which a metric has its best value; undefined if it has none. */
function bestStep(metric: MetricName, { steps, values }: Points<number>): number | undefined {
  const better = isMinimized(metric) ? lesser : greater
  return steps[values.indexOf(values.reduce(better, Number.NaN))]
}
