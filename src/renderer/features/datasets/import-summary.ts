import type { DatasetSummary } from '#contract/domain/dataset.ts'
import type { ImportReport } from '#contract/domain/import-report.ts'
import { t } from '../../ui/language.ts'

/** What an import took and left out, in one sentence for a notification. The page of the dataset shows the whole report. */
export function importSummary(
  { videoCount, brokenCount }: Pick<DatasetSummary, 'videoCount' | 'brokenCount'>,
  { leftOut, warnings }: ImportReport,
): string {
  const others = leftOut.reduce((sum, { count }) => sum + count, 0)
  const parts = [
    t('datasets.summary.videos', { count: videoCount }),
    ...(brokenCount > 0 ? [t('datasets.summary.broken', { count: brokenCount })] : []),
    ...(others > 0 ? [t('datasets.summary.leftOut', { count: others })] : []),
    ...(warnings.length > 0 ? [t('datasets.summary.warnings', { count: warnings.length })] : []),
  ]
  return t('datasets.summary.all', { parts: parts.join(', ') })
}
