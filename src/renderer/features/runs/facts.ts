import type { ErrorReport } from '#contract/api/errors.ts'
import type { StageMemory } from '#contract/domain/memory.ts'
import { decodeMetric } from '#contract/domain/metric.ts'
import type { LogLine, Run } from '#contract/domain/run.ts'
import type { Fact } from '../../ui/fact.ts'
import { formatBytes, formatMemory } from '../../ui/format.ts'

/** A fact of a run. */
export interface RunFact extends Fact {
  detail: string
}

/** Peak memory of the run's process over all attempts, with the estimate made at launch. */
export function memoryFact({ summaries }: Pick<Run, 'summaries'>, estimate: StageMemory | undefined): RunFact {
  const peak = summaries.find(({ name }) => name === 'system/peak-memory')
  return {
    label: 'Memory',
    value: peak === undefined ? '–' : formatBytes(decodeMetric(peak.max) * 2 ** 20),
    detail: estimate === undefined ? '' : `estimated ${formatBytes(estimate.totalBytes)}${onCard(estimate)}`,
    title: `Peak memory of the process.${estimate === undefined ? '' : ` Estimate at launch: ${formatMemory(estimate)}.`}`,
  }
}

const onCard = ({ card }: StageMemory): string =>
  card === undefined ? '' : ` and ${formatBytes(card.totalBytes)} on the card`

/** Number of log lines in a failure report. */
export const tailLength = 50

/** A failure report as text, to send to someone. */
export function failureText(
  run: Pick<Run, 'id' | 'status' | 'step' | 'totalSteps' | 'attempt' | 'engine' | 'dataset' | 'preset'>,
  error: ErrorReport,
  log: readonly LogLine[],
): string {
  const head = [
    `Run ${run.id} ${run.status} at step ${run.step}${run.totalSteps === null ? '' : ` of ${run.totalSteps}`} (attempt ${run.attempt}, engine ${run.engine ?? 'not selected'}, dataset ${run.dataset}, preset ${run.preset})`,
    `${error.code}: ${error.message}`,
    error.hint,
  ]
  const tail = log.slice(-tailLength).map((line) => `${line.at} ${line.level} ${line.message}`)
  return [...head.filter((line) => line !== ''), ...(tail.length > 0 ? ['', ...tail] : [])].join('\n')
}
