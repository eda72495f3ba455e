import { z } from 'zod'

export const splits = ['train', 'validation', 'test'] as const
export const splitSchema = z.enum(splits)
export type Split = z.infer<typeof splitSchema>

/** Names of things the person creates; they become folder names. */
export const slug = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,62}$/,
    'Use lower-case letters, digits and hyphens, at most 63, beginning with a letter or digit.',
  )

/** What a probe found in a readable video file. Sizes are those of the picture as shown (after rotation). */
export const videoFacts = z.object({
  frames: z.int().positive(),
  width: z.int().positive(),
  height: z.int().positive(),
  framesPerSecond: z.number().positive(),
  durationMs: z.number().nonnegative(),
  codec: z.string(),
  sizeBytes: z.int().nonnegative(),
  /** SHA-256 over the size, the first and the last mebibyte of the file. */
  digest: z.string(),
})
export type VideoFacts = z.infer<typeof videoFacts>

/** One video of a dataset. `labels` holds the class index per label set, null where the class is not known. */
export const video = videoFacts.extend({
  id: z.string(),
  /** Relative to the root of the dataset, with forward slashes. */
  path: z.string(),
  split: splitSchema,
  labels: z.record(z.string(), z.int().nonnegative().nullable()),
})
export type Video = z.infer<typeof video>

export const brokenVideo = z.object({ path: z.string(), reason: z.string() })
export type BrokenVideo = z.infer<typeof brokenVideo>

export const labelSet = z.object({ name: slug, classes: z.array(z.string()).min(1) })
export type LabelSet = z.infer<typeof labelSet>

/** The index over a folder of videos, stored as `datasets/<name>/manifest.json`. The files themselves are never moved or changed. */
export const datasetManifest = z.object({
  version: z.literal(1),
  name: slug,
  root: z.string(),
  createdAt: z.string(),
  /** SHA-256 over path, digest, split and labels of every video; a run stores it. */
  digest: z.string(),
  labelSets: z.array(labelSet),
  videos: z.array(video),
  broken: z.array(brokenVideo),
})
export type DatasetManifest = z.infer<typeof datasetManifest>

/** Videos of one class by split. `label` is null for the videos without a class in this label set. */
export const classBalance = z.object({
  labelSet: z.string(),
  label: z.string().nullable(),
  train: z.int(),
  validation: z.int(),
  test: z.int(),
})
export type ClassBalance = z.infer<typeof classBalance>

/** A dataset as listed. */
export const datasetSummary = z.object({
  name: slug,
  root: z.string(),
  createdAt: z.string(),
  digest: z.string(),
  labelSets: z.array(labelSet),
  videoCount: z.int(),
  brokenCount: z.int(),
  totalFrames: z.int(),
  totalDurationMs: z.number(),
  totalSizeBytes: z.int(),
  balance: z.array(classBalance),
})
export type DatasetSummary = z.infer<typeof datasetSummary>

/** A dataset with every file in it. A video's moving preview lies at `media/datasets/<name>/<video id>.webp`. */
export const datasetDetail = datasetSummary.extend({ videos: z.array(video), broken: z.array(brokenVideo) })
export type DatasetDetail = z.infer<typeof datasetDetail>

/** A difference between the manifest and the files, found by `dataset check`. */
export const datasetDrift = z.object({ path: z.string(), problem: z.enum(['missing', 'changed', 'new']) })
export const datasetCheck = z.object({ name: slug, checked: z.int(), drift: z.array(datasetDrift) })
export type DatasetCheck = z.infer<typeof datasetCheck>
