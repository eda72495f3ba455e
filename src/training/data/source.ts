import { join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import type { DatasetManifest, Split, Video } from '#contract/domain/dataset.ts'
import type { ClipPixels } from '../video/messages.ts'
import type { FrameRequest, VideoPool } from '../video/pool.ts'
import { draws, type Draws } from './random.ts'

/** Where batches come from. `warn` hears of every video that could not be read, once. */
export interface DataSource {
  readonly manifest: DatasetManifest
  readonly pool: VideoPool
  readonly seed: number
  warn(message: string): void
}

/** The part of a request that a sampler decides. */
export type Cut = Pick<FrameRequest, 'frames' | 'box' | 'flip' | 'operations' | 'sizes' | 'resample'>

/** A video as read: its pixels at each size asked for. */
export interface Sample {
  readonly video: Video
  readonly pixels: readonly ClipPixels[]
}

/** A sample that is wanted, and what to do where its video cannot be read: `undefined` leaves the place empty. */
export interface Wanted {
  readonly video: Video
  readonly cut: Cut
  /** The same place with another video; attempts count from 1. */
  readonly replacement: ((attempt: number) => Pick<Wanted, 'video' | 'cut'>) | undefined
}

const replacementAttempts = 8

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

/** Like `videosOf`, but refuses an empty list in words for the person. */
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

/** The stream of random numbers of one place in one batch. */
export function placeDraws({ seed }: DataSource, purpose: string, step: number, place: number, attempt: number): Draws {
  return draws(seed, purpose, step, place, attempt)
}

/**
 * Reads samples side by side. A sample whose video cannot be read goes to its replacement, and more than half of such
 * samples in one call are an error; a sample without replacement becomes `undefined`.
 */
export function createReader({
  manifest,
  pool,
  warn,
}: DataSource): (wanted: readonly Wanted[], shortSide: number) => Promise<(Sample | undefined)[]> {
  const reported = new Set<string>()

  const read = async ({ video, cut, replacement }: Wanted, shortSide: number): Promise<Sample | StudioError> => {
    try {
      return { video, pixels: await pool.frames({ ...cut, file: join(manifest.root, video.path), video, shortSide }) }
    } catch (cause) {
      if (!(cause instanceof StudioError) || cause.code !== 'video-unreadable') throw cause
      if (!reported.has(video.id)) {
        reported.add(video.id)
        warn(`${cause.message} ${replacement === undefined ? 'It is left out.' : 'Another video takes its place.'}`)
      }
      return cause
    }
  }

  const replace = async (wanted: Wanted, shortSide: number, cause: StudioError): Promise<Sample> => {
    for (let attempt = 1; attempt <= replacementAttempts; attempt++) {
      const sample = await read({ ...wanted, ...wanted.replacement?.(attempt) }, shortSide)
      if (!(sample instanceof StudioError)) return sample
    }
    throw cause
  }

  return async (wanted, shortSide) => {
    const firstTry = await Promise.all(wanted.map((sample) => read(sample, shortSide)))
    const failures = firstTry.filter((sample) => sample instanceof StudioError)
    const [example] = failures
    if (example !== undefined && failures.length * 2 > wanted.length && wanted[0]?.replacement !== undefined)
      throw tooMany(failures.length, wanted.length, example)
    return Promise.all(
      wanted.map(async (sample, place) => {
        const read = firstTry[place]
        if (!(read instanceof StudioError)) return read
        return sample.replacement === undefined ? undefined : replace(sample, shortSide, read)
      }),
    )
  }
}

function tooMany(failures: number, wanted: number, example: StudioError): StudioError {
  return new StudioError(
    'video-unreadable',
    `${failures} of the ${wanted} videos of a batch cannot be read, for example ${example.message}`,
    'Check that the disk with the videos is connected, then check the dataset to see which files have changed.',
    { cause: example },
  )
}
