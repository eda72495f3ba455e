import { z } from 'zod'
import { measuredFacts } from '../query/clip-search.ts'
import { balanceOf } from './class-coverage.ts'
import { brokenVideo, type DatasetManifest, datasetSummary, sample, samplesOf, slug, type Video } from './dataset.ts'
import { importReport } from './import-report.ts'
import { splitSchema } from './split.ts'

/** Smallest and largest value. */
const range = z.object({ min: z.number(), max: z.number() })

/** What the videos of a dataset have in common. */
export const videoRanges = z.object({
  /** Null without videos. */
  frameCount: range.nullable(),
  framesPerSecond: range.nullable(),
  /** `640 × 480`: how many sizes there are, and the first two. */
  frameSizes: z.object({ count: z.int(), examples: z.array(z.string()) }),
  codecs: z.array(z.string()),
})
export type VideoRanges = z.infer<typeof videoRanges>

/** Collects what the videos of a dataset have in common. */
export class VideoRangesBuilder {
  #frameCount: z.infer<typeof range> | null = null
  #framesPerSecond: z.infer<typeof range> | null = null
  readonly #frameSizes = new Set<string>()
  readonly #codecs = new Set<string>()

  add({ frameCount, framesPerSecond, width, height, codec }: Video): void {
    this.#frameCount = widened(this.#frameCount, frameCount)
    this.#framesPerSecond = widened(this.#framesPerSecond, framesPerSecond)
    this.#frameSizes.add(`${width} × ${height}`)
    this.#codecs.add(codec)
  }

  ranges(): VideoRanges {
    return {
      frameCount: this.#frameCount,
      framesPerSecond: this.#framesPerSecond,
      frameSizes: { count: this.#frameSizes.size, examples: [...this.#frameSizes].slice(0, 2) },
      codecs: [...this.#codecs],
    }
  }
}

const widened = (range: { min: number; max: number } | null, value: number): { min: number; max: number } =>
  range === null ? { min: value, max: value } : { min: Math.min(range.min, value), max: Math.max(range.max, value) }

/** A dataset without its samples and unused files, which are read in pages. */
export const datasetDetail = datasetSummary.extend({
  sampleCount: z.int(),
  videos: videoRanges,
  /** Null if an earlier version of the studio imported the dataset. */
  report: importReport.nullable(),
})
export type DatasetDetail = z.infer<typeof datasetDetail>

/** What is known of a dataset without its samples. */
export function describeDataset(manifest: DatasetManifest): DatasetDetail {
  const { name, root, createdAt, digest, labelSets, boxClasses, videos, broken } = manifest
  const ranges = new VideoRangesBuilder()
  let totalFrames = 0
  let totalDurationMs = 0
  let totalSizeBytes = 0
  for (const video of videos) {
    ranges.add(video)
    totalFrames += video.frameCount
    totalDurationMs += video.durationMs
    totalSizeBytes += video.sizeBytes
  }
  const samples = samplesOf(manifest)
  return {
    name,
    root,
    createdAt,
    digest,
    labelSets,
    ...(boxClasses === undefined ? {} : { boxClasses }),
    videoCount: videos.length,
    brokenCount: broken.length,
    totalFrames,
    totalDurationMs,
    totalSizeBytes,
    balance: labelSets.flatMap((labelSet) => balanceOf(labelSet, samples)),
    sampleCount: samples.length,
    splitSets: manifest.splitSets.map((set) => set.name),
    videos: ranges.ranges(),
    report: manifest.report ?? null,
  }
}

/** Rows of a page at most. */
export const maxPageRows = 500

/** Rows `offset` to `offset + limit` of a list. */
export const pageRequest = z.object({
  name: slug,
  offset: z.int().nonnegative(),
  limit: z.int().min(1).max(maxPageRows),
})
export type PageRequest = z.infer<typeof pageRequest>

/** A page of the samples that match all of these conditions. */
export const sampleRequest = pageRequest.extend({
  /** In the filter language, with the keys of `clipKeys`. */
  filter: z.string().max(10_000).optional(),
  /** The label set that `class` and `label` mean; the first one by default. */
  labelSet: slug.optional(),
  /** Class index, or `none` for samples without a class. */
  label: z.union([z.int().nonnegative(), z.literal('none')]).optional(),
  split: splitSchema.optional(),
  /** By a key of the filter language; in the order of the dataset by default. */
  sort: z.object({ key: z.string(), isDescending: z.boolean() }).optional(),
})
export type SampleRequest = z.infer<typeof sampleRequest>

export const samplePage = z.object({
  /** Samples that match. */
  total: z.int(),
  /** The preview of a video is `media/datasets/<name>/<video id>.webp`. */
  samples: z.array(sample),
  /** A sentence for everything in the filter that was not understood. */
  problems: z.array(z.string()),
})
export type SamplePage = z.infer<typeof samplePage>

/** How many of the samples that match the conditions have which values of a fact. */
export const histogramRequest = sampleRequest
  .omit({ offset: true, limit: true, sort: true })
  .extend({ fact: z.enum(measuredFacts) })
export type HistogramRequest = z.infer<typeof histogramRequest>

/** Bins at most. */
export const maxBins = 12

/** A bin for each value if there are few values. Otherwise bins of one width: the last one includes its end, others do not. */
export const histogram = z.object({
  bins: z.array(z.object({ from: z.number(), to: z.number(), count: z.int() })),
})
export type Histogram = z.infer<typeof histogram>

export const brokenPage = z.object({ total: z.int(), files: z.array(brokenVideo) })
export type BrokenPage = z.infer<typeof brokenPage>
