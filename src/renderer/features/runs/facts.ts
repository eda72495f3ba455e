import type { ErrorReport } from '#contract/api/errors.ts'
import type { StageMemory } from '#contract/domain/memory.ts'
import { decodeMetric } from '#contract/domain/metric.ts'
import type { LogLine, Run } from '#contract/domain/run.ts'
import type { Fact } from '../../ui/fact.ts'
import { formatBytes, formatMemory } from '../../ui/format.ts'
import { t } from '../../ui/language.ts'

/** A fact of a run. */
export interface RunFact extends Fact {
  detail: string
}

/** Peak memory of the run's process over all attempts, with the estimate made at launch. */
export function memoryFact({ summaries }: Pick<Run, 'summaries'>, estimate: StageMemory | undefined): RunFact {
  const peak = summaries.find(({ name }) => name === 'system/peak-memory')
  return {
    label: t('runs.facts.memory'),
    value: peak === undefined ? '–' : formatBytes(decodeMetric(peak.max) * 2 ** 20),
    detail: estimate === undefined ? '' : estimated(estimate),
    title:
      estimate === undefined ? t('runs.facts.peak') : t('runs.facts.peakEstimate', { memory: formatMemory(estimate) }),
  }
}

function estimated({ totalBytes, card }: StageMemory): string {
  const size = formatBytes(totalBytes)
  return card === undefined
    ? t('runs.facts.estimated', { size })
    : t('runs.facts.estimatedCard', { size, card: formatBytes(card.totalBytes) })
}

/** Number of log lines in a failure report. */
export const tailLength = 50

/** A failure report as text, to send to someone. */
export function failureText(
  run: Pick<Run, 'id' | 'status' | 'step' | 'totalSteps' | 'attempt' | 'engine' | 'dataset' | 'preset'>,
  error: ErrorReport,
  log: readonly LogLine[],
): string {
  const head = [
    t('runs.failure.report', {
      id: run.id,
      status: run.status,
      step: run.totalSteps === null ? run.step : t('runs.failure.stepOf', { step: run.step, total: run.totalSteps }),
      attempt: run.attempt,
      engine: run.engine ?? t('runs.failure.noEngine'),
      dataset: run.dataset,
      preset: run.preset,
    }),
    `${error.code}: ${error.message}`,
    error.hint,
  ]
  const tail = log.slice(-tailLength).map((line) => `${line.at} ${line.level} ${line.message}`)
  return [...head.filter((line) => line !== ''), ...(tail.length > 0 ? ['', ...tail] : [])].join('\n')
}
