import { z } from 'zod'
import { organizedKind } from './organization.ts'

/** A run, or a pipeline with all of its runs. */
export const trashItem = z.object({ kind: organizedKind, id: z.string() })
export type TrashItem = z.infer<typeof trashItem>

/** A run that was chosen for the trash and stays, with the reason. */
export const keptRun = z.object({
  id: z.string(),
  /** It is queued or running, its process has not ended yet, or runs that stay need its model. */
  reason: z.enum(['active', 'ending', 'needed']),
  /** Runs that stay and need its model. */
  neededBy: z.array(z.string()),
})
export type KeptRun = z.infer<typeof keptRun>

/** What moving runs and pipelines to the trash would do. */
export const trashPreview = z.object({
  /** What would be moved: entries of the trash. All runs of a pipeline are the pipeline. */
  items: z.array(trashItem),
  runIds: z.array(z.string()),
  pipelineIds: z.array(z.string()),
  /** What purging them would free. */
  bytes: z.int().nonnegative(),
  kept: z.array(keptRun),
})
export type TrashPreview = z.infer<typeof trashPreview>

/** Something in the trash: restored and purged as a whole. */
export const trashEntry = trashItem.extend({
  /** Unique in the trash: an id can be in it more than once. */
  entryId: z.string(),
  pipelineId: z.string(),
  /** Name that the user gave to the run or pipeline. */
  name: z.string().nullable(),
  runIds: z.array(z.string()),
  trashedAt: z.string(),
  /** Bytes of its files when it was moved to the trash. */
  sizeBytes: z.int().nonnegative(),
})
export type TrashEntry = z.infer<typeof trashEntry>
