import type { MemoryParts, StageMemory } from '#contract/domain/memory.ts'
import type { Stage } from '#contract/stages/index.ts'
import type { ProgramSize } from './recording-engine.ts'

/** The programs of a stage. */
export interface StageSize {
  readonly training?: ProgramSize
  /** Programs of frozen models: teachers, or the classifier that is tested. */
  readonly frozen: readonly ProgramSize[]
}

/** Constants that cannot be computed and are fitted to measurements by `bench/memory.ts --fit`. */
export const memoryModel = {
  /** Node.js with the libraries and the recorded programs. */
  processMib: 190,
  /** Thread of a worker: a V8 isolate with its sessions. */
  workerMib: 38,
  /** Heap for intermediate results of a training step, as a multiple of their peak: fragmentation makes it larger than the peak. */
  heapFactor: 1.12,
  /** The same for a frozen model, whose results are few and large and have many sizes. */
  frozenHeapFactor: 2,
} as const

/** Libraries of CUDA, cuBLAS and cuDNN in the memory of a process. Not measured. */
const cudaLibrariesMib = 1024
export type MemoryModel = { readonly [K in keyof typeof memoryModel]: number }

/** Copies of a batch: the current one, two prepared in advance, and the frames of these two. */
const batchCopies = 5

/** Parameters and both moments. */
const stateCopies = 3

/** Peak memory of the process of a stage. */
export function stageMemoryOf(
  stage: Stage,
  { training, frozen }: StageSize,
  { isOnCard = false, model = memoryModel }: { readonly isOnCard?: boolean; readonly model?: MemoryModel } = {},
): StageMemory {
  const programs = training === undefined ? frozen : [training, ...frozen]
  const workers = Math.max(1, ...programs.map(({ ranks }) => ranks))
  const { parameterBytes = 0, ranks = 1 } = training ?? {}
  // Each is released before the next one starts, so only the largest counts.
  const heaps = [
    ...frozen.map((program) => model.frozenHeapFactor * program.ranks * program.liveBytes),
    model.heapFactor * ranks * (training?.liveBytes ?? 0),
  ]
  const parts = {
    process:
      2 ** 20 * (model.processMib + (isOnCard ? cudaLibrariesMib : 0) + (workers > 1 ? workers * model.workerMib : 0)),
    // A state on a card is in main memory before the first step and for each checkpoint, without gradients.
    state: (stateCopies + (isOnCard ? 0 : ranks)) * parameterBytes,
    activations: isOnCard ? 0 : Math.max(...heaps),
    // Sharded models and batches are copied to memory that all workers share.
    frozen: sum(frozen, (program) => (program.ranks > 1 ? 2 : 1) * program.parameterBytes),
    batches:
      batchCopies * (programs[0]?.inputBytes ?? 0) +
      sum(programs, (program) => (program.ranks > 1 ? program.inputBytes : 0)),
  } satisfies MemoryParts
  const rounded = Object.fromEntries(
    Object.entries(parts).map(([name, bytes]) => [name, Math.round(bytes)]),
  ) as typeof parts
  return { stage, parts: rounded, totalBytes: Object.values(rounded).reduce((total, bytes) => total + bytes, 0) }
}

const sum = (programs: readonly ProgramSize[], bytesOf: (program: ProgramSize) => number): number =>
  programs.reduce((total, program) => total + bytesOf(program), 0)
