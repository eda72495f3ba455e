import type { DatasetPreview } from '#contract/domain/dataset-preview.ts'
import { t } from '../../ui/language.ts'

/** Videos, classes and splits of a preview, and classes that a split does not have, each as a line. */
export function previewCounts({ videos, samples, labelSets, splitSets }: DatasetPreview): string[] {
  return [
    t('datasets.summary.videos', { count: videos }),
    ...(samples > videos ? [t('datasets.preview.parts', { count: samples })] : []),
    ...labelSets.map(({ name, classes }) => t('datasets.preview.classes', { name, count: classes.length })),
    ...splitSets.map(({ name, train, validation, test }) =>
      t('datasets.preview.split', { name, train, validation, test }),
    ),
    ...labelSets.flatMap(({ name, classes }) => {
      const untested = classes.filter(({ train, test }) => train === 0 || test === 0).map(({ label }) => label)
      return untested.length === 0
        ? []
        : [t('datasets.preview.absent', { name, count: untested.length, example: untested[0] ?? '' })]
    }),
  ]
}
