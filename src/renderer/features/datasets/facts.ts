import type { DatasetDetail } from '#contract/domain/dataset.ts'
import type { Fact } from '../../ui/fact.ts'
import { formatBytes, formatCount, formatDate, formatDuration } from '../../ui/format.ts'

/** Facts at the top of a dataset's page. */
export function datasetFacts(dataset: DatasetDetail): Fact[] {
  const videos = dataset.samples.map(({ video }) => video)
  return [
    { label: 'Videos', value: String(dataset.videoCount) },
    { label: 'Duration', value: formatDuration(dataset.totalDurationMs) },
    { label: 'Frames', value: formatCount(dataset.totalFrames) },
    { label: 'Frames per video', value: range(videos.map((video) => video.frameCount)) },
    { label: 'Frame size', value: distinct(videos.map((video) => `${video.width} × ${video.height}`)) },
    { label: 'Frame rate', value: range(videos.map((video) => Math.round(video.framesPerSecond * 100) / 100)) },
    { label: 'Codec', value: distinct(videos.map((video) => video.codec)) },
    { label: 'Size', value: formatBytes(dataset.totalSizeBytes) },
    { label: 'Imported', value: formatDate(dataset.createdAt) },
    { label: 'Digest', value: dataset.digest.slice(0, 12), title: dataset.digest },
  ]
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
  return all.size > 2 ? `${all.size} different` : all.size === 2 ? [...all].join(', ') : (first ?? '–')
}
