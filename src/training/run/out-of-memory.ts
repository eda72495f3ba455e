import { type MemorySettings, waysToSaveMemory } from '#contract/configuration/memory.ts'
import { StudioError } from '#contract/errors.ts'

/** What Node.js, tfjs and ONNX Runtime say when memory cannot be had. */
const phrases = /array buffer allocation failed|invalid (typed )?array length|bad_alloc|failed to allocate|bfc ?arena|out of memory/i

/** An error as the person should read it: where memory ended, which settings of the stage to lower and what they are now; any other error as it is. */
export function withWaysToSaveMemory(cause: unknown, settings: MemorySettings): unknown {
  if (!isOutOfMemory(cause)) return cause
  return new StudioError('out-of-memory', `There is not enough memory for the stage ${settings.stage}.`, `To take less, launch anew: ${waysToSaveMemory(settings)} Checkpoints that were written are whole.`, { cause })
}

function isOutOfMemory(cause: unknown): boolean {
  if (cause instanceof StudioError) return cause.code === 'out-of-memory'
  return cause instanceof Error && phrases.test(cause.message)
}
