import { z } from 'zod'

/**
 * What the process of a run can wait for: the check of the videos, its models, an engine, the programs of a stage, a checkpoint to read, a
 * batch, a decoder, the engine's result, a validation, a picture, a checkpoint to write.
 */
export const waitKinds = [
  'videos',
  'models',
  'engine',
  'stage',
  'checkpoint',
  'batch',
  'decoding',
  'computing',
  'validation',
  'picture',
  'saving',
] as const

/** What the process of a run waits for, and since when, by a clock that is never set. */
export const wait = z.object({
  kind: z.enum(waitKinds),
  /** The video, for `decoding`: its path as the manifest has it, or an absolute path. */
  subject: z.string().optional(),
  ms: z.number().nonnegative(),
})
export type Wait = z.infer<typeof wait>
