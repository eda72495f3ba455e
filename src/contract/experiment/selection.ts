import { z } from 'zod'
import type { TuningPoint } from '../stages/starts.ts'

/**
 * Whether the run of a grid point can be chosen: `finished`; `diverged`, so that it is never chosen; `failed` for one that ended in another
 * way, which must be resumed first; `waiting` for one that is still to finish or to be launched.
 */
export const gridStatuses = ['waiting', 'finished', 'diverged', 'failed'] as const

/** The validation of one point of the grid. */
export const gridResult = z.object({
  learningRate: z.number(),
  layerDecay: z.number(),
  runId: z.string(),
  status: z.enum(gridStatuses),
  /** Validation accuracy as a share from 0 to 1, and validation loss, of the checkpoint that a test would take; null before it has finished. */
  top1: z.number().nullable(),
  loss: z.number().nullable(),
  isChosen: z.boolean(),
})
export type GridResult = z.infer<typeof gridResult>

/**
 * The values with the best validation: the highest top-1, then the lowest loss, then the lowest rate, then the lowest decay. Undefined
 * while a run is unfinished, or if all diverged. The test takes no part.
 */
export function chooseTuning(results: readonly Omit<GridResult, 'isChosen'>[]): TuningPoint | undefined {
  if (results.some(({ status }) => status === 'waiting' || status === 'failed')) return undefined
  const candidates = results.flatMap(({ learningRate, layerDecay, status, top1, loss }) =>
    status === 'finished' && top1 !== null && loss !== null ? [{ learningRate, layerDecay, top1, loss }] : [],
  )
  const [best] = candidates.toSorted(
    (a, b) => b.top1 - a.top1 || a.loss - b.loss || a.learningRate - b.learningRate || a.layerDecay - b.layerDecay,
  )
  return best === undefined ? undefined : { learningRate: best.learningRate, layerDecay: best.layerDecay }
}
