import { StudioError } from '#contract/api/errors.ts'
import { isOutOfMemory } from '#contract/domain/memory.ts'
import type { Stage } from '#contract/stages/index.ts'

/** An out-of-memory error names the stage and carries `hint`; any other error is returned unchanged. */
export function explainOutOfMemory(cause: unknown, stage: Stage, hint: string): unknown {
  return isMemoryError(cause)
    ? new StudioError('out-of-memory', `There is not enough memory for the stage ${stage}.`, hint, { cause })
    : cause
}

function isMemoryError(cause: unknown): boolean {
  if (cause instanceof StudioError) return cause.code === 'out-of-memory'
  return cause instanceof Error && isOutOfMemory(cause.message)
}
