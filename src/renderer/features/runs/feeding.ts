import { feedingMetrics, waitCause } from '#contract/domain/feeding.ts'
import { decodeMetric, type MetricName } from '#contract/domain/metric.ts'
import type { Run } from '#contract/domain/run.ts'
import { formatShare } from '../../ui/format.ts'
import { t } from '../../ui/language.ts'

/** Why the last epoch of a run waited long for data and what to do; undefined if it did not. */
export function feedingAdvice({
  summaries,
  durationMs,
  status,
}: Pick<Run, 'summaries' | 'durationMs' | 'status'>): string | undefined {
  const summaryOf = (name: MetricName) => summaries.find((summary) => summary.name === name)
  const valueOf = (name: MetricName) => decodeMetric(summaryOf(name)?.last ?? 0)
  const epochs = summaryOf(feedingMetrics.wait)?.count ?? 0
  if (epochs === 0) return undefined
  const [wait, decoded] = [valueOf(feedingMetrics.wait), valueOf(feedingMetrics.decoded)]
  const cause = waitCause({
    wait,
    decoded,
    waitedMs: ((durationMs / epochs) * wait) / 100,
    reading: valueOf(feedingMetrics.reading),
    isFirst: epochs === 1,
  })
  const values = { share: formatShare(wait / 100), decoded: formatShare(decoded / 100) }
  switch (cause) {
    case 'first-decoding':
      return status === 'running' ? t('runs.feeding.firstDecoding', values) : undefined
    case 'decoding':
      return t('runs.feeding.decoding', values)
    case 'disk':
      return t('runs.feeding.disk', values)
    case 'processing':
      return t('runs.feeding.processing', values)
    case undefined:
      return undefined
  }
}
