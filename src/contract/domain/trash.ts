import { z } from 'zod'
import { organizedKind } from './organization.ts'

/** A run, or a pipeline with all of its runs. */
export const trashItem = z.object({ kind: organizedKind, id: z.string() })
export type TrashItem = z.infer<typeof trashItem>

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
