import { z } from 'zod'
import { stageSchema } from '../stages/index.ts'
import { precision } from './engine.ts'
import { targetCost } from './target-cost.ts'

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

/** Memory of a graphics card by purpose, in bytes. */
const cardParts = z.object({
  /** CUDA's context, and workspace of its libraries. */
  context: z.int(),
  /** Parameters and moments before and after an update, and gradients. */
  state: z.int(),
  /** Peak of the intermediate results of a step. */
  activations: z.int(),
  /** Frozen models, with their intermediate results. */
  frozen: z.int(),
})
export type CardParts = z.infer<typeof cardParts>

export const cardPartTitles: Record<keyof CardParts, string> = {
  context: 'CUDA',
  state: 'Weights',
  activations: 'Activations',
  frozen: 'Frozen models',
}
export const cardPartNames = Object.keys(cardPartTitles) as (keyof CardParts)[]

/** Estimated memory of a stage on a graphics card. */
const cardMemory = z.object({ precision, parts: cardParts, totalBytes: z.int() })
export type CardMemory = z.infer<typeof cardMemory>

/**
 * Estimated memory of a stage without running it: main memory of its process, on `onnx-cpu` in float32 or with the engine on a card, and
 * memory of the card if the engine is `onnx-cuda`.
 */
export const stageMemory = z.object({
  stage: stageSchema,
  parts: memoryParts,
  totalBytes: z.int(),
  card: cardMemory.optional(),
  /** What it takes to keep the teachers' features, if a distillation does. */
  targets: targetCost.optional(),
})
export type StageMemory = z.infer<typeof stageMemory>

/** Estimated memory of a pipeline and the memory of the machine. Stages run one after the other, so each can use all of it. */
export const memoryEstimate = z.object({
  stages: z.array(stageMemory),
  /** Memory available to a process now. */
  freeBytes: z.int(),
  /** The visible graphics card with the most free memory; null if there is none, or if no stage computes on one. */
  card: z.object({ name: z.string(), memoryBytes: z.number(), freeBytes: z.number() }).nullable(),
  /** One for each stage that does not fit, with the settings to change. */
  warnings: z.array(z.string()),
})
export type MemoryEstimate = z.infer<typeof memoryEstimate>

/** Whether an error message or a crash log says that memory ran out: of V8, C++, TensorFlow or ONNX Runtime. */
export const isOutOfMemory = (message: string): boolean =>
  /out of memory|could not allocate memory|cannot allocate|allocation failed|bad_alloc|failed to allocate|invalid (typed )?array length|bfc ?arena/i.test(
    message,
  )
