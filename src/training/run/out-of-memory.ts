import { StudioError } from '#contract/api/errors.ts'
import type { EngineName } from '#contract/domain/engine.ts'
import { isOutOfMemory } from '#contract/domain/memory.ts'
import type { Stage } from '#contract/stages/index.ts'
import { describeAddressSpaceLimit } from '#node/address-space.ts'
import { describeCardMemory } from '#node/card-memory.ts'
import { queryCards } from '#node/nvidia-smi.ts'
import { visibleCards } from '#node/visible-cards.ts'

/** An out-of-memory error names the stage and carries `hint`; any other error is returned unchanged. */
export function explainOutOfMemory(cause: unknown, stage: Stage, hint: string): unknown {
  return isMemoryError(cause)
    ? new StudioError('out-of-memory', `There is not enough memory for the stage ${stage}.`, hint, { cause })
    : cause
}

/**
 * The hint for a run that ran out of memory: on an NVIDIA card, who holds its memory comes first; otherwise a limit of the address space.
 * @param engine that computed, if one was open
 */
export async function memoryHint(cause: unknown, engine: EngineName | undefined, hint: string): Promise<string> {
  if (!isMemoryError(cause)) return hint
  const limit = describeAddressSpaceLimit()
  if (engine !== 'onnx-cuda') return limit === undefined ? hint : `${limit} ${hint}`
  const { cards } = await queryCards({ timeoutMs: 5000 })
  return [
    ...describeCardMemory(visibleCards(cards, process.env['CUDA_VISIBLE_DEVICES']).cards, process.pid),
    hint,
  ].join(' ')
}

function isMemoryError(cause: unknown): boolean {
  if (cause instanceof StudioError) return cause.code === 'out-of-memory'
  return cause instanceof Error && isOutOfMemory(cause.message)
}
