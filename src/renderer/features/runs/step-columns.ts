import { decodeMetric, type MetricName } from '#contract/domain/metric.ts'
import type { Run } from '#contract/domain/run.ts'
import { readStepKey } from '#contract/query/metric-keys.ts'
import { formatStep } from '../../ui/format.ts'
import { t } from '../../ui/language.ts'
import { type Column, headerWidth } from './columns.ts'

/** A metric at a step. */
export interface StepValueKey {
  readonly metric: MetricName
  readonly step: number
}

/** The value of a run, and the step at which it was recorded. */
export interface StepValue {
  readonly step: number
  readonly value: number
}

/** Null if the run has no value up to the step, undefined if it is not known yet. */
export type ReadStepValue = (key: StepValueKey, run: Run) => StepValue | null | undefined

/**
 * The value of a metric at a step that the list of runs knows: the last value of a run that ended before it, or nothing for a run
 * without the metric. Undefined if the value lies within the series, which the studio has to be asked for.
 */
export function knownStepValue({ metric, step }: StepValueKey, run: Run): StepValue | null | undefined {
  const summary = run.summaries.find(({ name }) => name === metric)
  if (summary === undefined) return null
  return summary.lastStep <= step ? { step: summary.lastStep, value: decodeMetric(summary.last) } : undefined
}

/** Key of a column of values at a step; undefined for another column or a metric that no run has. */
export function stepValueKey(key: string, column: (key: string) => Column | undefined): StepValueKey | undefined {
  const read = readStepKey(key)
  const metric = read === undefined ? undefined : column(read.metricKey)?.metric
  return read === undefined || metric === undefined ? undefined : { metric, step: read.step }
}

/** A column of the values of a metric at a step, like the column of the metric. */
export function stepColumn(key: string, of: StepValueKey, base: Column, read: ReadStepValue): Column {
  const detail = t('runs.atStep.detail', { step: formatStep(of.step) })
  return {
    ...base,
    key,
    detail,
    help: t('runs.atStep.help'),
    width: Math.max(base.width, headerWidth(base.title, detail)),
    metric: of.metric,
    atStep: of.step,
    read: (run) => read(of, run)?.value ?? null,
    text(run) {
      const found = read(of, run)
      return found === undefined ? '…' : found === null ? '' : base.textOf(found.value)
    },
    earlierStep(run) {
      const found = read(of, run)
      return found === null || found === undefined || found.step === of.step ? null : found.step
    },
    isPending: (run) => read(of, run) === undefined,
  }
}
