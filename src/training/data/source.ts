import { StudioError } from '#contract/api/errors.ts'
import type { DatasetManifest, Split, Video } from '#contract/domain/dataset.ts'
import type { ClipReader } from './clip.ts'
import { draws, type Draws } from './random.ts'

/** Where batches come from. `warn` is called once for every video that cannot be read. */
export interface DataSource {
  readonly manifest: DatasetManifest
  readonly reader: ClipReader
  readonly seed: number
  warn(message: string): void
}

/** Videos of a split in the order of the manifest; with a label set, only those whose class is known. */
export function videosOf({ videos }: DatasetManifest, split: Split, labelSet?: string): Video[] {
  return videos.filter(
    (video) => video.split === split && (labelSet === undefined || classOf(video, labelSet) !== undefined),
  )
}

/** Class index of a video in a label set. */
export function classOf(video: Video, labelSet: string): number | undefined {
  return video.labels[labelSet] ?? undefined
}

/**
 * Like `videosOf`.
 * @throws StudioError `dataset-empty` if there is none.
 */
export function requireVideos(manifest: DatasetManifest, split: Split, labelSet?: string): Video[] {
  const videos = videosOf(manifest, split, labelSet)
  if (videos.length > 0) return videos
  const labelled = labelSet === undefined ? '' : ` with a class in the label set ${labelSet}`
  throw new StudioError(
    'dataset-empty',
    `The dataset ${manifest.name} has no ${split} video${labelled}.`,
    'Add such videos and import the folder again.',
  )
}

/** Random numbers of the sample at one position of an optimizer step; a replacement of it has another `attempt`. */
export function sampleDraws(
  { seed }: DataSource,
  purpose: string,
  step: number,
  position: number,
  attempt: number,
): Draws {
  return draws(seed, purpose, step, position, attempt)
}
