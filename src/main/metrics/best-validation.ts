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

  /** Stores the values of all series of a run; none if it has no validation. */
  mark(all: readonly Series[]): void {
    const validation = validationMetrics
      .map((metric) => all.find(({ name }) => name === metric))
      .find((series) => series !== undefined)
    const best =
      validation === undefined ? undefined : bestStep(validation.name, this.#points.read(validation.id, allSteps))
    for (const { id } of all) this.#set.run(best === undefined ? null : toStored(this.#points.valueAt(id, best)), id)
  }
}

/** The first step at which a metric has its best value; undefined if it has none. */
function bestStep(metric: MetricName, { steps, values }: Points<number>): number | undefined {
  const better = describeMetric(metric).goal === 'minimize' ? lesser : greater
  return steps[values.indexOf(values.reduce(better, Number.NaN))]
}
