import type { DatasetDetail, VideoRanges } from '#contract/domain/dataset-detail.ts'
import type { Fact } from '../../ui/fact.ts'
import { formatBytes, formatCount, formatDate, formatDuration, formatList } from '../../ui/format.ts'
import { t } from '../../ui/language.ts'

/** Facts at the top of a dataset's page. */
export function datasetFacts(dataset: DatasetDetail): Fact[] {
  const { frameCount, framesPerSecond, frameSizes, codecs } = dataset.videos
  return [
    { label: t('datasets.facts.videos'), value: String(dataset.videoCount) },
    { label: t('datasets.facts.duration'), value: formatDuration(dataset.totalDurationMs) },
    { label: t('datasets.facts.frames'), value: formatCount(dataset.totalFrames) },
    { label: t('datasets.facts.framesPerVideo'), value: range(frameCount) },
    { label: t('datasets.facts.frameSize'), value: distinct(frameSizes.count, frameSizes.examples) },
    { label: t('datasets.facts.frameRate'), value: range(framesPerSecond) },
    { label: t('datasets.facts.codec'), value: distinct(codecs.length, codecs) },
    ...(dataset.splitSets.length > 1
      ? [{ label: t('datasets.facts.splitSets'), value: formatList(dataset.splitSets) }]
      : []),
    { label: t('datasets.facts.size'), value: formatBytes(dataset.totalSizeBytes) },
    { label: t('datasets.facts.imported'), value: formatDate(dataset.createdAt) },
    { label: t('datasets.facts.digest'), value: dataset.digest.slice(0, 12), title: dataset.digest },
  ]
}

/** Label sets with the same number of classes, such as those for few labels, in one line. */
export function groupLabelSets(labelSets: DatasetDetail['labelSets']): { classes: number; names: string }[] {
  const groups = Map.groupBy(labelSets, ({ classes }) => classes.length)
  return [...groups].map(([classes, sets]) => ({ classes, names: formatList(sets.map(({ name }) => name)) }))
}

/** `32`, or `32 – 150` if the values differ. */
function range(values: VideoRanges['frameCount']): string {
  if (values === null) return '–'
  const [smallest, largest] = [values.min, values.max].map((value) => Math.round(value * 100) / 100)
  return smallest === largest ? String(smallest) : `${smallest} – ${largest}`
}

/** One or two distinct values, or how many there are. */
function distinct(count: number, examples: readonly string[]): string {
  if (count === 0) return '–'
  return count > 2 ? t('datasets.facts.different', { count }) : examples.join(', ')
}
