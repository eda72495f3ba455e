import type { CardMemory } from '#contract/domain/memory.ts'
import type { StageSize } from './process-memory.ts'
import type { ProgramSize } from './recording-engine.ts'

/** Constants that cannot be computed. None was measured. */
const cardModel = {
  /** CUDA's context with the kernels of ONNX Runtime, cuBLAS and cuDNN. */
  contextMib: 600,
  /** Workspace of cuBLAS and cuDNN. */
  workspaceMib: 128,
  /** Memory of an arena as a multiple of the peak of what it holds. */
  arenaFactor: 1.12,
} as const

/** Parameters and both moments, before and after an update: its results are new tensors. */
const stateCopies = 6

/** Peak memory of a stage on a graphics card. Each session has an arena of its own, so their peaks add up. */
export function cardMemoryOf({ training, frozen }: StageSize): Omit<CardMemory, 'precision'> {
  const { parameterBytes = 0, liveBytes = 0, updateBytes = 0, isAccumulated = false } = training ?? {}
  const parts = {
    context: 2 ** 20 * (cardModel.contextMib + cardModel.workspaceMib),
    // Sums of gradients, and those with the next micro-batch.
    state: (stateCopies + (isAccumulated ? 2 : 1)) * parameterBytes + cardModel.arenaFactor * updateBytes,
    activations: cardModel.arenaFactor * liveBytes,
    frozen: frozen.reduce((sum, program) => sum + frozenBytes(program), 0),
  }
  const rounded = {
    context: Math.round(parts.context),
    state: Math.round(parts.state),
    activations: Math.round(parts.activations),
    frozen: Math.round(parts.frozen),
  }
  return { parts: rounded, totalBytes: Object.values(rounded).reduce((sum, bytes) => sum + bytes, 0) }
}

const frozenBytes = ({ parameterBytes, liveBytes, inputBytes }: ProgramSize): number =>
  parameterBytes + cardModel.arenaFactor * (liveBytes + inputBytes)
