import { z } from 'zod'
import { stageSchema } from '../stages/index.ts'

/** Memory of a stage's process by purpose, in bytes. */
const memoryParts = z.object({
  /** Node.js, native libraries and recorded programs. */
  process: z.int(),
  /** Parameters, moments, and the gradients of each rank. */
  state: z.int(),
  /** Peak of the intermediate results of a step or of a frozen model. */
  activations: z.int(),
  /** Weights of frozen models. */
  frozen: z.int(),
  /** The current batch and those prepared ahead. */
  batches: z.int(),
})
export type MemoryParts = z.infer<typeof memoryParts>

export const memoryPartTitles: Record<keyof MemoryParts, string> = {
  process: 'Process',
  state: 'Weights',
  activations: 'Activations',
  frozen: 'Frozen models',
  batches: 'Batches',
}
export const memoryPartNames = Object.keys(memoryPartTitles) as (keyof MemoryParts)[]

/** Estimated main memory of a stage's process on `onnx-cpu`, without running it. */
export const stageMemory = z.object({ stage: stageSchema, parts: memoryParts, totalBytes: z.int() })
export type StageMemory = z.infer<typeof stageMemory>

/** Estimated memory of a pipeline and the memory of the machine. Stages run one after the other, so each can use all of it. */
export const memoryEstimate = z.object({
  stages: z.array(stageMemory),
  /** Memory available to a process now. */
  freeBytes: z.int(),
  /** One for each stage that does not fit, with the settings to change. */
  warnings: z.array(z.string()),
})
export type MemoryEstimate = z.infer<typeof memoryEstimate>

/** Whether an error message or a crash log says that memory ran out: of V8, C++, TensorFlow or ONNX Runtime. */
export const isOutOfMemory = (message: string): boolean =>
  /out of memory|allocation failed|bad_alloc|failed to allocate|invalid (typed )?array length|bfc ?arena/i.test(message)
