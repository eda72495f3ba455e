import { z } from 'zod'

/** What a run needs from the machine that computes it. Null takes all that its slot has. */
export const resourceRequest = z.object({
  processors: z.int().positive().nullable(),
  memoryBytes: z.int().positive().nullable(),
  /** Graphics card: `none` computes without one, `preferred` uses one if there is one. */
  card: z.enum(['none', 'preferred', 'required']),
  /** NVIDIA cards that it takes for itself, on a machine that has some; 0 if its engine cannot be bound to one. */
  cards: z.int().nonnegative().default(1),
})
export type ResourceRequest = z.infer<typeof resourceRequest>

/** The request of a run that was launched before runs had one: all of a slot. */
export const wholeSlot: ResourceRequest = { processors: null, memoryBytes: null, card: 'preferred', cards: 1 }

/** What a machine, or a slot of it, has. */
export interface Resources {
  readonly processors: number
  readonly memoryBytes: number
}
