import {
  decodeMetric,
  metricNames,
  metrics,
  type MetricName,
  type MetricSummary,
  type MetricValue,
} from '#contract/domain/metric.ts'
import type { Run } from '#contract/domain/run.ts'

/** Which of a metric's values stands for a run. */
export type Reduction = 'last' | 'best'

/** One metric over all runs; null where a run has not recorded it. */
export interface FigureRow {
  name: MetricName
  label: string
  values: (MetricValue | null)[]
  /** True for the best value, by the metric's goal. */
  best: boolean[]
}

type Figured = Pick<Run, 'stage' | 'summaries'>

/**
 * Figures of some runs by metric. The best is marked only between runs of one stage, because losses of different stages
 * measure different things, and only where the values differ.
 */
export function figureRows(runs: readonly Figured[], reduction: Reduction): FigureRow[] {
  return metricNames
    .filter((name) => name !== 'progress/epoch')
    .flatMap((name) => {
      const summaries = runs.map((run) => run.summaries.find((summary) => summary.name === name))
      if (summaries.every((summary) => summary === undefined)) return []
      const values = summaries.map((summary) => (summary === undefined ? null : reduced(summary, reduction)))
      const stages = new Set(runs.filter((_, index) => values[index] !== null).map((run) => run.stage))
      return [
        {
          name,
          label: metrics[name].label,
          values,
          best: stages.size === 1 ? bestOf(values, metrics[name].goal) : values.map(() => false),
        },
      ]
    })
}

function reduced(summary: MetricSummary, reduction: Reduction): MetricValue {
  // What a run had taken at its beginning is not its best.
  if (summary.name === 'system/peak-memory') return summary.max
  const { goal } = metrics[summary.name]
  if (reduction === 'last' || goal === 'none') return summary.last
  return goal === 'minimize' ? summary.min : summary.max
}

function bestOf(values: readonly (MetricValue | null)[], goal: 'minimize' | 'maximize' | 'none'): boolean[] {
  const numbers = values.map((value) => (value === null ? Number.NaN : decodeMetric(value)))
  const known = numbers.filter((number) => !Number.isNaN(number))
  const best = goal === 'minimize' ? Math.min(...known) : Math.max(...known)
  const isTold = goal !== 'none' && known.length > 1 && known.some((number) => number !== best)
  return numbers.map((number) => isTold && number === best)
}
