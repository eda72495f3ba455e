import { absentClasses, type DatasetPreview } from '#contract/domain/dataset-preview.ts'
import { drawingText } from '../../ui/drawing-text.ts'
import { formatList } from '../../ui/format.ts'
import { t } from '../../ui/language.ts'

/** Videos, classes and splits of a preview, and classes that a split does not have, each as a line. */
export function previewCounts(preview: DatasetPreview): string[] {
  const { videos, samples, labelSets, splitSets, drawing } = preview
  return [
    t('datasets.summary.videos', { count: videos }),
    ...(samples > videos ? [t('datasets.preview.parts', { count: samples })] : []),
    ...labelSets.map(({ name, classes }) => t('datasets.preview.classes', { name, count: classes.length })),
    ...splitSets.map(({ name, train, validation, test }) =>
      t('datasets.preview.split', { name, train, validation, test }),
    ),
    ...(drawing === undefined ? [] : [drawingText(drawing)]),
    ...labelSets.flatMap(({ name, classes }) =>
      absentClasses(preview, classes).map(({ split, labels }) => {
        const named = formatList(labels.slice(0, namedClasses))
        return t('datasets.preview.absent', {
          name,
          split: t(`ui.splits.${split}`),
          count: labels.length,
          examples: labels.length > namedClasses ? `${named}, …` : named,
        })
      }),
    ),
  ]
}

/** Classes without a sample in a split, of which a line names some. */
const namedClasses = 5
