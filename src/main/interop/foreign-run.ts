import type { RunImportSource } from '#contract/domain/run-import.ts'
import { formatQuantity } from '#contract/format.ts'

/** Points of a metric, ascending by step and with one value for each. */
export interface ForeignSeries {
  readonly steps: number[]
  readonly values: number[]
  /** Milliseconds since 1970. */
  readonly timesMs: number[]
}

/** A run as read from files of another program. */
export interface ForeignRun {
  readonly source: RunImportSource
  readonly series: ReadonlyMap<string, ForeignSeries>
  /** Its start and end; null if the files do not say. */
  readonly startedMs: number | null
  readonly endedMs: number | null
  /** What its note in the workspace says. */
  readonly note: string
  /** Sentences about what was left out. */
  readonly notes: readonly string[]
}

/** What a reader found in a path. */
export interface ForeignRuns {
  readonly runs: readonly ForeignRun[]
  readonly notes: readonly string[]
}

/** Latest time of a date in JavaScript. */
const maxTimeMs = 8.64e15

/** Collects the points of a run in the order in which the other program recorded them. */
export class SeriesCollector {
  readonly #series = new Map<string, ForeignSeries>()
  #badSteps = 0
  #badTimes = 0

  /** Adds a point. One with a step or time that the studio cannot hold is left out and counted. */
  add(metric: string, step: number, value: number, timeMs: number): void {
    if (!Number.isSafeInteger(step) || step < 0) {
      this.#badSteps += 1
      return
    }
    if (!(Math.abs(timeMs) <= maxTimeMs)) {
      this.#badTimes += 1
      return
    }
    let series = this.#series.get(metric)
    if (series === undefined) this.#series.set(metric, (series = { steps: [], values: [], timesMs: [] }))
    series.steps.push(step)
    series.values.push(value)
    series.timesMs.push(Math.round(timeMs))
  }

  /** Removes the points from a step on, since the other program computed them again. */
  cut(step: number): void {
    for (const [metric, series] of this.#series) {
      if (!series.steps.some((of) => of >= step)) continue
      const kept = [...series.steps.keys()].filter((index) => (series.steps[index] ?? 0) < step)
      if (kept.length === 0) this.#series.delete(metric)
      else this.#series.set(metric, pick(series, kept))
    }
  }

  /** The series by metric, and sentences about points that were left out. */
  finish(): { series: Map<string, ForeignSeries>; notes: string[] } {
    let replaced = 0
    const series = new Map(
      Array.from(this.#series, ([metric, points]) => {
        const ordered = inOrder(points)
        replaced += points.steps.length - ordered.steps.length
        return [metric, ordered]
      }),
    )
    return {
      series,
      notes: [
        ...(replaced === 0
          ? []
          : [
              `${formatQuantity(replaced, 'point')} ${replaced === 1 ? 'was' : 'were'} left out, since a later point has the same metric and step.`,
            ]),
        ...leftOut(this.#badSteps, 'a step that is negative or above 2^53'),
        ...leftOut(this.#badTimes, 'a time that is no date'),
      ],
    }
  }
}

const leftOut = (count: number, why: string): string[] =>
  count === 0 ? [] : [`${formatQuantity(count, 'point')} with ${why} ${count === 1 ? 'was' : 'were'} left out.`]

/** Points ascending by step; of those at one step, the last one. */
function inOrder(points: ForeignSeries): ForeignSeries {
  const { steps } = points
  if (steps.every((step, index) => index === 0 || step > (steps[index - 1] ?? 0))) return points
  const order = [...steps.keys()].toSorted((a, b) => (steps[a] ?? 0) - (steps[b] ?? 0) || a - b)
  return pick(
    points,
    order.filter((of, index) => {
      const next = order[index + 1]
      return next === undefined || steps[next] !== steps[of]
    }),
  )
}

const pick = ({ steps, values, timesMs }: ForeignSeries, indices: readonly number[]): ForeignSeries => ({
  steps: indices.map((index) => steps[index] ?? 0),
  values: indices.map((index) => values[index] ?? Number.NaN),
  timesMs: indices.map((index) => timesMs[index] ?? 0),
})

/** A number if the text is one in the usual notation, else the text. */
export function parameterValue(text: string): number | string {
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(text) && Number.isFinite(Number(text)) ? Number(text) : text
}
