import type { MemoryParts, StageMemory } from '#contract/memory.ts'
import type { Stage } from '#contract/stage.ts'
import type { ProgramSize } from './recording-engine.ts'

/** The programs of a stage. */
export interface StageSize {
  readonly training?: ProgramSize
  /** Programs of frozen models: teachers, or the classifier that is tested. */
  readonly frozen: readonly ProgramSize[]
}

/**
 * How the compiled engine turns the sizes of programs into memory of its process. `bench/memory.ts --fit` fits these numbers to what is measured
 * and prints them: run it when the engine changes how it keeps state or results.
 */
export const memoryModel = {
  /** Node.js with the libraries, before anything is recorded. */
  processMib: 255,
  /** What a node of a graph takes in the recorder, the file and the session. */
  nodeKib: 60,
  /** Memory taken for intermediate results, as a multiple of the most that exist at once: free blocks may be too small for what is asked. */
  liveFactor: 1.03,
  /** Copies of frozen parameters: the studio's own and the session's. */
  frozenCopies: 1.7,
  /** Copies of trained parameters: they themselves, two moments, gradients, what the run began with, and what opening the sessions leaves behind. */
  stateCopies: 8.5,
  /** Batches in memory: the one being computed, two prepared ahead, and the frames of one. */
  batchCopies: 4,
} as const

/** The memory that the process of a stage takes at most, by the model above. */
export function stageMemoryOf(stage: Stage, { training, frozen }: StageSize, model: MemoryModel = memoryModel): StageMemory {
  const programs = training === undefined ? frozen : [training, ...frozen]
  const [first] = programs
  const parts = {
    process: model.processMib * 2 ** 20 + model.nodeKib * 1024 * sum(programs, 'nodes'),
    state: (training?.parameterBytes ?? 0) * model.stateCopies,
    activations: model.liveFactor * (training?.liveBytes ?? 0),
    frozen: model.frozenCopies * sum(frozen, 'parameterBytes') + model.liveFactor * sum(frozen, 'liveBytes') + sum(frozen, 'outputBytes'),
    batches: model.batchCopies * (first?.inputBytes ?? 0),
  } satisfies MemoryParts
  const rounded = Object.fromEntries(Object.entries(parts).map(([part, bytes]) => [part, Math.round(bytes)])) as typeof parts
  return { stage, parts: rounded, totalBytes: Object.values(rounded).reduce((total, bytes) => total + bytes, 0) }
}

const sum = (programs: readonly ProgramSize[], key: keyof ProgramSize): number => programs.reduce((total, program) => total + program[key], 0)

export type MemoryModel = { readonly [K in keyof typeof memoryModel]: number }
