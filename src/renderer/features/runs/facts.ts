import type { StageMemory } from '#contract/domain/memory.ts'
import { decodeMetric } from '#contract/domain/metric.ts'
import type { Run } from '#contract/domain/run.ts'
import type { Fact } from '../../ui/fact.ts'
import { formatBytes } from '../../ui/format.ts'
import { describeMemory } from '../../ui/memory.ts'

/** A figure of a run. */
export interface RunFact extends Fact {
  detail: string
}

/** The most memory that the run's process has taken over all attempts, beside what it was estimated to take when it was launched. */
export function memoryFact({ summaries }: Pick<Run, 'summaries'>, estimate: StageMemory | undefined): RunFact {
  const peak = summaries.find(({ name }) => name === 'system/peak-memory')
  return {
    label: 'Memory',
    value: peak === undefined ? '–' : formatBytes(decodeMetric(peak.max) * 2 ** 20),
    detail: estimate === undefined ? '' : `estimated ${formatBytes(estimate.totalBytes)}`,
    title: `The most that its process has taken.${estimate === undefined ? '' : ` Estimated before the launch: ${describeMemory(estimate)}.`}`,
  }
}
