import { z } from 'zod'
import { formatQuantity } from '../format.ts'
import { slug } from './dataset.ts'

/** How a sample of a version differs from that of the version before. One sample may differ in several ways. */
export const sampleChanges = ['added', 'removed', 'content', 'labels', 'split'] as const
export type SampleChange = (typeof sampleChanges)[number]

/** What differs between two versions of a dataset. */
export const datasetChange = z.object({
  /** Samples by kind of change. */
  counts: z.record(z.enum(sampleChanges), z.int().nonnegative()),
  /** Paths of the first videos of each kind. */
  examples: z.record(z.enum(sampleChanges), z.array(z.string())),
})
export type DatasetChange = z.infer<typeof datasetChange>

/** A change without samples: of the order of samples or of classes without one. */
export const noSamplesChanged = (): DatasetChange => ({
  counts: { added: 0, removed: 0, content: 0, labels: 0, split: 0 },
  examples: { added: [], removed: [], content: [], labels: [], split: [] },
})

const changeTexts: Readonly<Record<SampleChange, string>> = {
  added: 'added',
  removed: 'removed',
  content: 'with other content',
  labels: 'with other labels',
  split: 'in another split',
}

/** What differs, as a phrase: `3 samples added, 1 sample with other labels`. */
export function describeChange({ counts }: DatasetChange): string {
  const parts = sampleChanges.flatMap((kind) =>
    counts[kind] === 0 ? [] : [`${formatQuantity(counts[kind], 'sample')} ${changeTexts[kind]}`],
  )
  return parts.length === 0 ? 'the same samples in another order or with other classes' : parts.join(', ')
}

/** `datasets/<name>/versions/<n>/replaced.json`: what became of an earlier version. */
export const replacedFile = z.object({
  version: z.literal(1),
  replacedAt: z.string(),
  /** What differs in the version that replaced it. */
  change: datasetChange,
})
export type ReplacedFile = z.infer<typeof replacedFile>

/** A version of a dataset, the current one or an earlier one. */
export const datasetVersion = z.object({
  /** From 1. */
  number: z.int().positive(),
  createdAt: z.string(),
  digest: z.string(),
  videoCount: z.int(),
  sampleCount: z.int(),
  brokenCount: z.int(),
  /** What differs from the version before; null for the first. */
  change: datasetChange.nullable(),
  /** Ids of the pipelines that were launched with it. */
  pipelines: z.array(z.string()),
})
export type DatasetVersion = z.infer<typeof datasetVersion>

/** Versions of a dataset, the current one first. */
export const datasetVersions = z.object({ name: slug, versions: z.array(datasetVersion) })
export type DatasetVersions = z.infer<typeof datasetVersions>
