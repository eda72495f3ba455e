import { z } from 'zod'
import type { DatasetStatistics } from './dataset-statistics.ts'
import type { DatasetSummary, Split } from './dataset.ts'
import { splitDrawing } from './split-drawing.ts'

/** The code of the studio that launched a run. */
export const launchCode = z.object({
  studioVersion: z.string(),
  /** Git commit of the studio's folder; null if it is not the root of a repository. */
  commit: z.string().nullable(),
  /** Whether tracked or new files differed from the commit; null without a commit. */
  isModified: z.boolean().nullable(),
  /** Why the commit could not be read, as a sentence. */
  problem: z.string().nullable(),
})
export type LaunchCode = z.infer<typeof launchCode>

/** What an attempt of a run computed with, besides its engine. */
export const attemptEnvironment = z.object({
  /** Version of the studio that the process belongs to; null if it could not be read. */
  studioVersion: z.string().nullable(),
  node: z.string(),
  /** System, its release and the architecture: `linux 6.8.0 x64`. */
  platform: z.string(),
  /** Host name. */
  machine: z.string(),
  processor: z.string(),
  threads: z.int(),
  memoryBytes: z.number(),
  /** NVIDIA cards that the process saw, each with its driver. */
  cards: z.array(z.string()),
  /** Why the cards could not be listed, as a sentence. */
  cardsProblem: z.string().nullable(),
})
export type AttemptEnvironment = z.infer<typeof attemptEnvironment>

/** What a dataset held when a run was launched. */
export const datasetContents = z.object({
  videos: z.int(),
  train: z.int(),
  validation: z.int(),
  test: z.int(),
  /** Samples that belong to no split; null if unknown. */
  unassigned: z.int().nullable(),
  /** How its splits were drawn. Absent if none were, and from runs of earlier versions. */
  drawing: splitDrawing.optional(),
  /** Classes of the run's label set; null for a run without labels. */
  classes: z.array(z.string()).nullable(),
})
export type DatasetContents = z.infer<typeof datasetContents>

/** Where a run computed and from which code and data. What earlier versions of the studio did not record is null. */
export const runEnvironment = z.object({
  id: z.string(),
  code: launchCode.nullable(),
  dataset: z.object({ digest: z.string(), contents: datasetContents.nullable() }).nullable(),
  attempts: z.array(
    z.object({
      attempt: z.int(),
      fromStep: z.int(),
      startedAt: z.string(),
      engine: z.string(),
      environment: attemptEnvironment.nullable(),
    }),
  ),
})
export type RunEnvironment = z.infer<typeof runEnvironment>

const classesOf = (labelSets: DatasetSummary['labelSets'], labels: string | null): DatasetContents['classes'] =>
  labelSets.find(({ name }) => name === labels)?.classes ?? null

/** Counts of a dataset's samples by split, and the classes of a label set. */
export function contentsOf(
  { videoCount, counts, labelSets, drawing }: DatasetStatistics,
  labels: string | null,
): DatasetContents {
  return {
    videos: videoCount,
    train: counts.get('train') ?? 0,
    validation: counts.get('validation') ?? 0,
    test: counts.get('test') ?? 0,
    unassigned: counts.get(null) ?? 0,
    ...(drawing === undefined ? {} : { drawing }),
    classes: classesOf(labelSets, labels),
  }
}

/** The same from a dataset's summary, which does not count samples without a split; null if it has no label set. */
export function contentsOfSummary(summary: DatasetSummary, labels: string | null): DatasetContents | null {
  const { balance, labelSets, videoCount } = summary
  const name = labels ?? labelSets[0]?.name
  const rows = balance.filter(({ labelSet }) => labelSet === name)
  if (rows.length === 0) return null
  const total = (split: Split) => rows.reduce((sum, row) => sum + row[split], 0)
  return {
    videos: videoCount,
    train: total('train'),
    validation: total('validation'),
    test: total('test'),
    unassigned: null,
    classes: classesOf(labelSets, labels),
  }
}
