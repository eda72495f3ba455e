import {
  decodeMetric,
  describeMetric,
  type MetricName,
  type MetricSummary,
  type MetricValue,
  sortMetrics,
} from '../domain/metric.ts'
import type { Run } from '../domain/run.ts'

/** Which value of a metric to show for a run. */
export type Reduction = 'last' | 'best'

/** Values of one metric; null if a run has not recorded it. */
export interface MetricRow {
  name: MetricName
  label: string
  values: (MetricValue | null)[]
  /** Difference of each value to the baseline, the first run; null for the baseline, and if the two are not comparable. */
  differences: (number | null)[]
  /** True for the best value, by the metric's goal. */
  best: boolean[]
}

type Summarized = Pick<Run, 'stage' | 'summaries'>

/**
 * Metrics of some runs. The best value is marked only if the values differ and all runs are of the same stage, because losses of
 * different stages are not comparable.
 */
export function metricRows(runs: readonly Summarized[], reduction: Reduction): MetricRow[] {
  return sortMetrics(runs.flatMap((run) => run.summaries.map(({ name }) => name)))
    .filter((name) => name !== 'progress/epoch')
    .flatMap((name) => {
      const summaries = runs.map((run) => run.summaries.find((summary) => summary.name === name))
      if (summaries.every((summary) => summary === undefined)) return []
      const values = summaries.map((summary) => (summary === undefined ? null : reduced(summary, reduction)))
      const stages = new Set(runs.filter((_, index) => values[index] !== null).map((run) => run.stage))
      return [
        {
          name,
          label: describeMetric(name).label,
          values,
          differences: values.map((value, index) =>
            index === 0 || runs[index]?.stage !== runs[0]?.stage ? null : differenceOf(values[0], value),
          ),
          best: stages.size === 1 ? bestOf(values, describeMetric(name).goal) : values.map(() => false),
        },
      ]
    })
}

function reduced(summary: MetricSummary, reduction: Reduction): MetricValue {
  // The lowest peak memory of a run is not meaningful.
  if (summary.name === 'system/peak-memory') return summary.max
  const { goal } = describeMetric(summary.name)
  if (reduction === 'last' || goal === 'none') return summary.last
  return goal === 'minimize' ? summary.min : summary.max
}

/** Difference of two values; null if one is missing or not finite. */
function differenceOf(baseline: MetricValue | null | undefined, value: MetricValue | null): number | null {
  if (baseline === null || baseline === undefined || value === null) return null
  const difference = decodeMetric(value) - decodeMetric(baseline)
  return Number.isFinite(difference) ? difference : null
}

function bestOf(values: readonly (MetricValue | null)[], goal: 'minimize' | 'maximize' | 'none'): boolean[] {
  const numbers = values.map((value) => (value === null ? Number.NaN : decodeMetric(value)))
  const known = numbers.filter((number) => !Number.isNaN(number))
  // A value that is not finite is never the best one, not even an infinite throughput.
  const finite = known.filter((number) => Number.isFinite(number))
  const best = goal === 'minimize' ? Math.min(...finite) : Math.max(...finite)
  const hasBest = goal !== 'none' && known.length > 1 && known.some((number) => number !== best)
  return numbers.map((number) => hasBest && Number.isFinite(number) && number === best)
}
