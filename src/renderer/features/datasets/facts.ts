import type { DatasetDetail } from '#contract/domain/dataset.ts'
import type { Fact } from '../../ui/fact.ts'
import { formatBytes, formatCount, formatDate, formatDuration, formatList } from '../../ui/format.ts'
import { t } from '../../ui/language.ts'

/** Facts at the top of a dataset's page. */
export function datasetFacts(dataset: DatasetDetail): Fact[] {
  const videos = dataset.samples.map(({ video }) => video)
  return [
    { label: t('datasets.facts.videos'), value: String(dataset.videoCount) },
    { label: t('datasets.facts.duration'), value: formatDuration(dataset.totalDurationMs) },
    { label: t('datasets.facts.frames'), value: formatCount(dataset.totalFrames) },
    { label: t('datasets.facts.framesPerVideo'), value: range(videos.map((video) => video.frameCount)) },
    {
      label: t('datasets.facts.frameSize'),
      value: distinct(videos.map((video) => `${video.width} × ${video.height}`)),
    },
    {
      label: t('datasets.facts.frameRate'),
      value: range(videos.map((video) => Math.round(video.framesPerSecond * 100) / 100)),
    },
    { label: t('datasets.facts.codec'), value: distinct(videos.map((video) => video.codec)) },
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
function range(values: readonly number[]): string {
  if (values.length === 0) return '–'
  const [smallest, largest] = values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  )
  return smallest === largest ? String(smallest) : `${smallest} – ${largest}`
}

/** One or two distinct values, or how many there are. */
function distinct(values: readonly string[]): string {
  const all = new Set(values)
  const [first] = all
  return all.size > 2
    ? t('datasets.facts.different', { count: all.size })
    : all.size === 2
      ? [...all].join(', ')
      : (first ?? '–')
}
