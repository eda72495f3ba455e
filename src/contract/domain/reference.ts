import { z } from 'zod'
import { engineName } from './engine.ts'

/**
 * Quantities that a reference case compares, with the largest accepted relative error ‖ours − theirs‖ / ‖theirs‖ of a tensor.
 * `tensors` are read from a file and must be equal; `rates` are computed in 64 bits.
 */
export const referenceTolerances = {
  outputs: 1e-5,
  losses: 1e-5,
  gradients: 1e-4,
  updates: 1e-2,
  tensors: 0,
  rates: 1e-12,
} as const
export const referenceMeasures = ['outputs', 'losses', 'gradients', 'updates', 'tensors', 'rates'] as const
export const referenceMeasure = z.enum(referenceMeasures)
export type ReferenceMeasure = z.infer<typeof referenceMeasure>

/** The tensor of a case with the largest error. */
export const referenceWorst = z.object({
  measure: referenceMeasure,
  tensor: z.string(),
  /** Null if it is not a number: a value is NaN, or the shapes differ. */
  error: z.number().nullable(),
  tolerance: z.number(),
  passed: z.boolean(),
})
export type ReferenceWorst = z.infer<typeof referenceWorst>

/** One case on one engine. Cases without tensor code (files, schedules) have no engine. */
export const referenceResult = z.object({
  /** Path of the case below the folder that was searched. */
  name: z.string(),
  engine: engineName.nullable(),
  passed: z.boolean(),
  /** One for each measure of the case. */
  worst: z.array(referenceWorst),
  /** Number of compared tensors. */
  compared: z.int(),
  /** Why the case could not be run or compared; null if it was. */
  problem: z.string().nullable(),
  durationMs: z.number(),
})
export type ReferenceResult = z.infer<typeof referenceResult>
