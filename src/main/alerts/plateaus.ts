import { decodeMetric, describeMetric, type SeriesDelta } from '#contract/domain/metric.ts'
import { afterValue, isPlateau, type PlateauRule, type PlateauState } from '#contract/domain/plateau.ts'

/** All points of a metric of a run so far. */
export type ReadPoints = (runId: string, metric: string) => { steps: readonly number[]; values: readonly number[] }

/** Follows metrics of running runs for rules about plateaus. */
export class Plateaus {
  readonly #read: ReadPoints
  readonly #states = new Map<string, PlateauState | undefined>()

  constructor(read: ReadPoints) {
    this.#read = read
  }

  /** Whether the metric of a rule is on a plateau after these points, which are in the database already. */
  after(rule: PlateauRule, { runId, name, steps, values }: SeriesDelta): PlateauState | undefined {
    if (name !== rule.metric) return undefined
    const key = JSON.stringify([runId, rule])
    const { goal } = describeMetric(rule.metric)
    const points = this.#states.has(key) ? { steps, values: values.map(decodeMetric) } : this.#read(runId, rule.metric)
    let state = this.#states.get(key)
    for (const [index, step] of points.steps.entries())
      state = afterValue(rule, goal, state, step, points.values[index] ?? Number.NaN)
    this.#states.set(key, state)
    return isPlateau(rule, state) ? state : undefined
  }

  /** Points of a run were replaced, or it has ended: they are read again if more follow. */
  forget(runId: string): void {
    for (const key of this.#states.keys()) if (JSON.parse(key)[0] === runId) this.#states.delete(key)
  }
}
