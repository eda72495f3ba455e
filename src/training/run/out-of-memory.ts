import { StudioError } from '#contract/api/errors.ts'
import type { Stage } from '#contract/stages/stage.ts'

/** What Node.js, tfjs and ONNX Runtime say when memory cannot be had. */
const phrases =
  /array buffer allocation failed|invalid (typed )?array length|bad_alloc|failed to allocate|bfc ?arena|out of memory/i

/** An error as the person should read it: where memory ended, with what to change in `hint`; any other error as it is. */
export function explainOutOfMemory(cause: unknown, stage: Stage, hint: string): unknown {
  return isOutOfMemory(cause)
    ? new StudioError('out-of-memory', `There is not enough memory for the stage ${stage}.`, hint, { cause })
    : cause
}

function isOutOfMemory(cause: unknown): boolean {
  if (cause instanceof StudioError) return cause.code === 'out-of-memory'
  return cause instanceof Error && phrases.test(cause.message)
}
