import type { DatasetSummary } from '#contract/domain/dataset.ts'
import type { ImportReport } from '#contract/domain/import-report.ts'
import { formatQuantity } from '../../ui/format.ts'

/** What an import took and left out, in one sentence for a notification. The page of the dataset shows the whole report. */
export function importSummary(
  { videoCount, brokenCount }: Pick<DatasetSummary, 'videoCount' | 'brokenCount'>,
  { leftOut, warnings }: ImportReport,
): string {
  const others = leftOut.reduce((sum, { count }) => sum + count, 0)
  const parts = [
    formatQuantity(videoCount, 'video'),
    ...(brokenCount > 0 ? [`${formatQuantity(brokenCount, 'file')} that cannot be used`] : []),
    ...(others > 0 ? [`${formatQuantity(others, 'other file')} left out`] : []),
    ...(warnings.length > 0 ? [formatQuantity(warnings.length, 'warning')] : []),
  ]
  return `${parts.join(', ')}.`
}
