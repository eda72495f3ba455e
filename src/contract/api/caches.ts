import { eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { clipConfiguration } from '../configuration/clip.ts'
import { slug } from '../domain/dataset.ts'
import { cacheUsage } from '../domain/settings.ts'
import { nothing, procedure } from './procedure.ts'

/** What decoding the videos of a dataset ahead came to. */
export const warmResult = z.object({
  videos: z.int(),
  /** Videos that were decoded now; the others were in the cache, do not fit, or cannot be read. */
  decoded: z.int(),
  /** Videos that the budget does not hold. */
  beyond: z.int(),
  unreadable: z.int(),
  /** Sentences about videos that cannot be read and frames that could not be stored; no more than some. */
  problems: z.array(z.string()),
})
export type WarmResult = z.infer<typeof warmResult>

/** Progress over the videos that fit. */
export const warmProgress = z.object({ done: z.int(), total: z.int(), path: z.string() })

const warmEvent = z.discriminatedUnion('type', [
  warmProgress.extend({ type: z.literal('progress') }),
  z.object({ type: z.literal('done'), result: warmResult }),
])
export type WarmEvent = z.infer<typeof warmEvent>

const usageAndClear = {
  usage: procedure.input(nothing).output(cacheUsage),
  clear: procedure.input(nothing).output(cacheUsage),
}

/**
 * Procedures of the frame cache, whose budget is in the settings. `clear` deletes all frames; runs decode the videos again. `warm` decodes the
 * videos of a dataset for clips of a size, ahead of the runs that need them.
 */
export const frames = {
  ...usageAndClear,
  warm: procedure
    .input(z.object({ dataset: slug, imageSize: clipConfiguration.shape.imageSize }))
    .output(eventIterator(warmEvent)),
}

/** Procedures of the target cache, likewise. `clear` deletes all features; runs compute them again. */
export const targets = usageAndClear
