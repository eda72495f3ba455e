import { z } from 'zod'
import { type DatasetManifest, slug, type UsedExclusions } from './dataset.ts'
import { verdict } from './integrity.ts'

/** Why a sample is excluded: a verdict on its file, or a person chose it. */
export const exclusionReason = z.union([verdict, z.literal('chosen')])
export type ExclusionReason = z.infer<typeof exclusionReason>

/** `datasets/<name>/exclusions/<number>.json`: samples that new runs leave out. Written once, since runs name it. */
export const exclusionSet = z.object({
  version: z.literal(1),
  number: z.int().positive(),
  createdAt: z.string(),
  /** The set that an undo returns to; 0 for none. */
  previous: z.int().nonnegative(),
  /** Reasons by sample. */
  samples: z.record(z.string(), exclusionReason),
  /** SHA-256 over the ids of the samples in their order. */
  digest: z.string(),
})
export type ExclusionSet = z.infer<typeof exclusionSet>

/** `datasets/<name>/exclusions/current.json`: the set that new runs use; 0 for none. */
export const currentExclusions = z.object({ version: z.literal(1), number: z.int().nonnegative() })

/** Excludes samples of new runs, besides those that are excluded already. */
export const exclusionRequest = z.object({
  name: slug,
  /** Samples of all files with one of these verdicts. */
  verdicts: z.array(verdict).default([]),
  /** Of these, only files with a copy in another split. */
  acrossSplits: z.boolean().default(false),
  /** Single samples, by id. */
  samples: z.array(z.string()).default([]),
})
export type ExclusionRequest = z.infer<typeof exclusionRequest>

/** Whether two pipelines leave out the same samples. */
export const sameExclusions = (a: UsedExclusions | undefined, b: UsedExclusions | undefined): boolean =>
  a?.digest === b?.digest

/** A dataset in which excluded samples belong to no split, so that no run takes them. Its samples and its digest stay. */
export function withoutExcluded<Dataset extends Pick<DatasetManifest, 'splitSets'>>(
  dataset: Dataset,
  excluded: ReadonlySet<string>,
): Dataset {
  if (excluded.size === 0) return dataset
  return {
    ...dataset,
    splitSets: dataset.splitSets.map(({ name, splits }) => ({
      name,
      splits: Object.fromEntries(Object.entries(splits).filter(([id]) => !excluded.has(id))),
    })),
  }
}
