import { decodeMetric, describeMetric, type MetricName, type MetricSummary, sortMetrics } from '../domain/metric.ts'
import type { Run } from '../domain/run.ts'
import type { RunKey } from './run-key.ts'

/**
 * Value that stands for a series. Without one, the headline value: the best of a validation metric, else the last.
 * `at-best-validation` is the value at the step where the run's validation was best.
 */
export const reductions = ['last', 'best', 'min', 'max', 'at-best-validation'] as const
export type Reduction = (typeof reductions)[number]

/** How a reduction is shown in the header of a column. */
export const reductionTitles: Readonly<Record<Reduction, string>> = {
  last: 'last',
  best: 'best',
  min: 'min',
  max: 'max',
  'at-best-validation': 'at best validation',
}

type Measured = Pick<Run, 'summaries' | 'result'>

/** Keys of the metrics that some runs recorded, each with its reductions. */
export function metricKeys(runs: readonly Measured[]): RunKey[] {
  const names = new Set(runs.flatMap(({ summaries }) => summaries.map(({ name }) => name)))
  if (runs.some(({ result }) => result !== null)) names.add(resultMetric)
  return keysOfMetrics(names, [...names].some(isValidation))
}

/** Keys of some metrics, each with its reductions. */
export function keysOfMetrics(names: Iterable<MetricName>, hasValidation: boolean): RunKey[] {
  return sortMetrics(names).flatMap((metric) => {
    const { label, unit, goal } = describeMetric(metric)
    const common = {
      kind: 'number',
      unit,
      help: '',
      group: 'Metrics',
      source: 'metric',
      metric,
      goal,
      values: [],
    } as const
    const reduced = reductions.filter(
      (reduction) => (reduction !== 'best' || goal !== 'none') && (reduction !== 'at-best-validation' || hasValidation),
    )
    return [
      { ...common, key: dotted(metric), label },
      ...reduced.map((reduction) => ({
        ...common,
        key: `${dotted(metric)}.${reduction}`,
        label: `${label} (${reductionTitles[reduction]})`,
        reduction,
      })),
    ]
  })
}

/** Key of the value of a metric at a step, or the last one before it: `train.loss.at-500`. Only tables read it. */
export const stepKey = (metric: MetricName, step: number): string => `${dotted(metric)}.at-${step}`

/** The step of such a key, and the key of its metric; undefined for another key. */
export function readStepKey(key: string): { metricKey: string; step: number } | undefined {
  const [, metricKey, digits] = /^(.+)\.at-(\d{1,15})$/.exec(key) ?? []
  return metricKey === undefined ? undefined : { metricKey, step: Number(digits) }
}

/** A metric as a key names it, with dots. `withReduction` says how to read the key if no metric has all of it as its name. */
export interface MetricSource {
  readonly name: string
  readonly withReduction: { readonly name: string; readonly reduction: Reduction } | undefined
}

/** Reads a key as a metric. */
export function metricSource(key: string): MetricSource {
  const reduction = reductions.find((name) => key.endsWith(`.${name}`))
  const withReduction = reduction === undefined ? undefined : { name: key.slice(0, -reduction.length - 1), reduction }
  return { name: key, withReduction }
}

/** Value of a metric of a run; NaN if it was recorded as NaN, null if the run has none. */
export function metricValueOf(run: Measured, { name, withReduction }: MetricSource): number | null {
  const whole = summaryOf(run, name)
  if (whole !== undefined) return reduced(whole, undefined)
  const of = withReduction === undefined ? undefined : summaryOf(run, withReduction.name)
  if (of !== undefined) return reduced(of, withReduction?.reduction)
  // A test that was made before its result was a metric as well.
  return run.result !== null && (name === dotted(resultMetric) || withReduction?.name === dotted(resultMetric))
    ? run.result.top1 * 100
    : null
}

/** The metric that is also in the result of a test, as a share. */
export const resultMetric: MetricName = 'test/top1'

const summaryOf = ({ summaries }: Measured, name: string): MetricSummary | undefined =>
  summaries.find((summary) => dotted(summary.name) === name)

/** The reduction that stands for a metric: its best value in a validation, else the last. */
export const headlineReduction = (metric: MetricName): Reduction => (isValidation(metric) ? 'best' : 'last')

/** The end of a series whose value is the better one; `last` if neither is. */
export const bestEnd = (metric: MetricName): 'min' | 'max' | 'last' => {
  const { goal } = describeMetric(metric)
  return goal === 'minimize' ? 'min' : goal === 'maximize' ? 'max' : 'last'
}

function reduced(summary: MetricSummary, chosen: Reduction | undefined): number | null {
  const reduction = chosen ?? headlineReduction(summary.name)
  if (reduction === 'at-best-validation')
    return summary.atBestValidation === undefined ? null : decodeMetric(summary.atBestValidation)
  return decodeMetric(summary[reduction === 'best' ? bestEnd(summary.name) : reduction])
}

/** Whether a metric is measured on the validation split. */
export const isValidation = (metric: MetricName): boolean => metric.startsWith('validation/')

const dottedNames = new Map<MetricName, string>()

/** Name of a metric in a key: `test/top1` is written `test.top1`. */
export function dotted(metric: MetricName): string {
  const known = dottedNames.get(metric)
  if (known !== undefined) return known
  const name = metric.replaceAll('/', '.')
  dottedNames.set(metric, name)
  return name
}
