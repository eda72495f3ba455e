import { z } from 'zod'
import { StudioError } from '../api/errors.ts'
import { importReport } from './import-report.ts'
import { splitSchema, type Split } from './split.ts'

export { type Split, splits } from './split.ts'

/** Names that the user chooses; they become folder names. */
export const slug = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,62}$/,
    'Use lower-case letters, digits and hyphens, at most 63, beginning with a letter or digit.',
  )

/** Facts of a readable video file. Width and height are those of the frames as shown, after rotation. */
export const videoFacts = z.object({
  frameCount: z.int().positive(),
  width: z.int().positive(),
  height: z.int().positive(),
  framesPerSecond: z.number().positive(),
  durationMs: z.number().nonnegative(),
  codec: z.string(),
  sizeBytes: z.int().nonnegative(),
  /** SHA-256 over the size, the first and the last mebibyte of the file: of all of it up to two mebibytes. */
  digest: z.string(),
  /** Time of the last change of the file, by its file system. Absent from manifests of earlier versions. */
  modifiedAtMs: z.number().optional(),
})
export type VideoFacts = z.infer<typeof videoFacts>

/** A video file of a dataset. */
export const video = videoFacts.extend({
  id: z.string(),
  /** Relative to the root of the dataset, with forward slashes. */
  path: z.string(),
})
export type Video = z.infer<typeof video>

/** A file that is not used: it cannot be decoded, or a list of labels names it and it is not in the folder. */
export const brokenVideo = z.object({
  path: z.string(),
  reason: z.string(),
  /** Whether it was listed and not found, so that it was not opened. */
  isMissing: z.boolean().optional(),
})
export type BrokenVideo = z.infer<typeof brokenVideo>

const labelSet = z.object({ name: slug, classes: z.array(z.string()).min(1) })
export type LabelSet = z.infer<typeof labelSet>

/** Class index by label set; null if the class is unknown. */
export const labels = z.record(z.string(), z.int().nonnegative().nullable())

/** Consecutive frames of a video. */
const span = z.object({ firstFrame: z.int().nonnegative(), frameCount: z.int().positive() })
export type Span = z.infer<typeof span>

const share = z.number().min(0).max(1)
/** A rectangle in one frame. Coordinates are shares of the width and height of the frame as shown. */
export const boundingBox = z.object({
  /** Of the video, counted from 0. */
  frameIndex: z.int().nonnegative(),
  x: share,
  y: share,
  width: share.positive(),
  height: share.positive(),
  /** Its classes, of which it may have several. */
  labels: z.array(z.string()),
  /** The same for a person in all frames of a video. */
  person: z.int().nonnegative().optional(),
})
export type BoundingBox = z.infer<typeof boundingBox>

/** A training example as stored: a video, by id, or a span of it. */
export const storedSample = z.object({
  id: z.string(),
  video: z.string(),
  /** The whole video if absent. */
  span: span.optional(),
  labels,
  boxes: z.array(boundingBox).optional(),
})
export type StoredSample = z.infer<typeof storedSample>

/** Assigns samples, by id, to splits. A sample that is missing belongs to none. */
export const splitSet = z.object({ name: slug, splits: z.record(z.string(), splitSchema) })

/** Split sets that are drawn after the import. The default one is the first. */
export const drawnSplitSets = [
  'drawn-2',
  'drawn-3',
  'drawn-4',
  'drawn-5',
  'drawn-6',
  'drawn-7',
  'drawn-8',
  'drawn-9',
] as const
export const drawnSplitSetName = z.enum(drawnSplitSets)

/** Split sets that a pipeline can use: the default one, those of datasets with several official splits, and those drawn again. */
export const splitSetName = z.enum(['default', 'split-1', 'split-2', 'split-3', ...drawnSplitSets])
export type SplitSetName = z.infer<typeof splitSetName>
export const defaultSplitSet: SplitSetName = 'default'

/** What a dataset consists of, besides its samples. */
export const manifestFields = {
  name: slug,
  root: z.string(),
  createdAt: z.string(),
  /** SHA-256 over path, digest, split and labels of every sample. A run stores it to notice a changed dataset. */
  digest: z.string(),
  labelSets: z.array(labelSet),
  /** Classes of boxes, of which a sample may have several. They are no label set, since its samples have one class each. Absent without boxes. */
  boxClasses: z.array(z.string()).optional(),
  broken: z.array(brokenVideo),
}

const manifest = z.object({
  ...manifestFields,
  videos: z.array(video),
  samples: z.array(storedSample),
  splitSets: z.array(splitSet),
  /** Absent if an earlier version of the studio imported the dataset. */
  report: importReport.optional(),
})
/** All of a dataset in memory: an index over a folder of videos, which are never moved or changed. */
export type DatasetManifest = z.infer<typeof manifest>

/**
 * A dataset with this split set as the default one.
 * @throws StudioError `configuration-invalid` if the dataset has no such split set
 */
export function withSplitSet(manifest: DatasetManifest, name: SplitSetName): DatasetManifest {
  requireSplitSet(
    manifest.name,
    manifest.splitSets.map((set) => set.name),
    name,
  )
  const found = manifest.splitSets.find((set) => set.name === name)
  return name === defaultSplitSet || found === undefined
    ? manifest
    : { ...manifest, splitSets: [{ ...found, name: defaultSplitSet }] }
}

/** @throws StudioError `configuration-invalid` if a dataset has no such split set; it always has the default one */
export function requireSplitSet(dataset: string, splitSets: readonly string[], name: SplitSetName): void {
  if (name === defaultSplitSet || splitSets.includes(name)) return
  throw new StudioError(
    'configuration-invalid',
    `general.splitSet: the dataset ${dataset} has no split set called ${name}.`,
    `Choose one of ${splitSets.join(', ')}.`,
  )
}

/** A training example with its video and its split; null if it belongs to none. */
export const sample = storedSample.extend({ video, split: splitSchema.nullable() })
export type Sample = z.infer<typeof sample>

/** Which samples of a dataset: those of a split, and those with a class in a label set. */
export interface SampleFilter {
  readonly split?: Split
  readonly labelSet?: string | undefined
}

/** Samples in the order of the manifest, with their split in the default split set. */
export function samplesOf(
  { videos, samples, splitSets }: Pick<DatasetManifest, 'videos' | 'samples' | 'splitSets'>,
  { split, labelSet }: SampleFilter = {},
): Sample[] {
  const videoOf = new Map(videos.map((video) => [video.id, video]))
  const splitOf = splitSets.find(({ name }) => name === defaultSplitSet)?.splits ?? {}
  const found: Sample[] = []
  for (const sample of samples) {
    const video = videoOf.get(sample.video)
    const of = splitOf[sample.id] ?? null
    if (video === undefined || (split !== undefined && of !== split)) continue
    if (labelSet === undefined || classOf(sample, labelSet) !== undefined) found.push({ ...sample, video, split: of })
  }
  return found
}

/** Classes of the boxes of a sample, each once. */
export const classesOfBoxes = ({ boxes = [] }: Pick<StoredSample, 'boxes'>): string[] => [
  ...new Set(boxes.flatMap(({ labels }) => labels)),
]

/** Class index of a sample in a label set. */
export function classOf({ labels }: Pick<StoredSample, 'labels'>, labelSet: string): number | undefined {
  return labels[labelSet] ?? undefined
}

/** Name of the class of a sample in a label set; null if it has none. */
export const classNameOf = ({ labels }: Pick<StoredSample, 'labels'>, { name, classes }: LabelSet): string | null =>
  classes[labels[name] ?? -1] ?? null

/** The frames of a sample: its span, or its whole video. */
export function spanOf({ span, video }: Pick<Sample, 'span' | 'video'>): Span {
  return span ?? { firstFrame: 0, frameCount: video.frameCount }
}

/** Samples of one class by split. `label` is null for the samples without a class in this label set. */
export const classBalance = z.object({
  labelSet: z.string(),
  label: z.string().nullable(),
  train: z.int(),
  validation: z.int(),
  test: z.int(),
})
export type ClassBalance = z.infer<typeof classBalance>

/** Which exclusions a dataset has, or a run used: samples that it left out. */
export const usedExclusions = z.object({ number: z.int().positive(), digest: z.string() })
export type UsedExclusions = z.infer<typeof usedExclusions>

/** A dataset as listed. */
export const datasetSummary = z.object({
  name: slug,
  root: z.string(),
  createdAt: z.string(),
  digest: z.string(),
  labelSets: z.array(labelSet),
  boxClasses: z.array(z.string()).optional(),
  /** Names of the split sets, the default one first. */
  splitSets: z.array(slug),
  videoCount: z.int(),
  brokenCount: z.int(),
  totalFrames: z.int(),
  totalDurationMs: z.number(),
  totalSizeBytes: z.int(),
  /** Without excluded samples. */
  balance: z.array(classBalance),
  /** Those that new runs use; absent if nothing is excluded. */
  exclusions: usedExclusions.optional(),
})
export type DatasetSummary = z.infer<typeof datasetSummary>

/** A difference between the manifest and the files, found by `dataset check`. */
export const datasetDrift = z.object({ path: z.string(), problem: z.enum(['missing', 'changed', 'new']) })
export const datasetCheck = z.object({ name: slug, checked: z.int(), drift: z.array(datasetDrift) })
export type DatasetCheck = z.infer<typeof datasetCheck>
