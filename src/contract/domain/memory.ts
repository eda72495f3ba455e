import { z } from 'zod'
import { stageSchema } from '../stages/stage.ts'

/** What takes the memory of a stage's process, each in bytes. */
export const memoryParts = z.object({
  /** Node.js, the libraries and the recorded programs. */
  process: z.int(),
  /** Parameters, moments, and each worker's gradients. */
  state: z.int(),
  /** The most that comes and goes: intermediate results of a step, or of a frozen model. */
  activations: z.int(),
  /** Weights of frozen models. */
  frozen: z.int(),
  /** The batch being computed, and those prepared ahead. */
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

/** What one stage will take, computed without running it: main memory of its process on the compiled engine on the CPU. */
export const stageMemory = z.object({ stage: stageSchema, parts: memoryParts, totalBytes: z.int() })
export type StageMemory = z.infer<typeof stageMemory>

/** What a pipeline will take beside what the machine has. Stages run one after the other, so each has all of it. */
export const memoryEstimate = z.object({
  stages: z.array(stageMemory),
  /** Memory that a process could get now. */
  freeBytes: z.int(),
  /** Of each stage that does not fit, with the settings to change. */
  warnings: z.array(z.string()),
})
export type MemoryEstimate = z.infer<typeof memoryEstimate>
