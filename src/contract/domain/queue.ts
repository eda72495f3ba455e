import { z } from 'zod'

/** Runs of a higher priority start first. Within one, the queue has an order that a person can change. */
export const runPriorities = ['high', 'normal', 'low'] as const
export const runPriority = z.enum(runPriorities)
export type RunPriority = z.infer<typeof runPriority>

/**
 * What was asked of the process of a run: `pause` saves and ends it to be continued later, `requeue` does so and queues it again, `stop` saves and
 * ends it, `end` ends it at once.
 */
export const askedOfProcess = z.enum(['pause', 'requeue', 'stop', 'end'])
export type AskedOfProcess = z.infer<typeof askedOfProcess>

/** Why a run in the queue has not started. */
const queueReason = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('held') }),
  /** It needs the checkpoints of these runs. */
  z.object({ kind: z.literal('inputs'), runIds: z.array(z.string()) }),
  /** A sentence that names the cards and who uses them. */
  z.object({ kind: z.literal('cards'), message: z.string() }),
  /** All slots are taken, or it is about to start. */
  z.object({ kind: z.literal('slot') }),
])
export type QueueReason = z.infer<typeof queueReason>

/** A run with a process. */
const computingRun = z.object({
  runId: z.string(),
  /** Number of its slot, counted from 1; null on cards, and for a process that an earlier version started. */
  slot: z.int().nullable(),
  /** Threads of its engine; null if that is not known. */
  threads: z.int().nullable(),
  /** Indices of its cards, as `nvidia-smi` counts them. */
  cards: z.array(z.int()),
})
export type ComputingRun = z.infer<typeof computingRun>

const queuedRun = z.object({ runId: z.string(), priority: runPriority, reason: queueReason })
export type QueuedEntry = z.infer<typeof queuedRun>

/** What computes, and what comes next. */
export const queueState = z.object({
  processors: z.int(),
  /** Runs without a card that may compute at once. */
  slots: z.int(),
  /** Threads of the engine of a run that starts in a slot. */
  threads: z.int(),
  /** By slot. */
  computing: z.array(computingRun),
  /** In the order in which they start. */
  queued: z.array(queuedRun),
})
export type QueueState = z.infer<typeof queueState>

export const queuedIds = z.object({ ids: z.array(z.string()).min(1).max(10_000) })

/** Where runs are moved: before another run of the queue, or with null to the end of their priority. */
export const queueMove = queuedIds.extend({ before: z.string().nullable() })
export type QueueMove = z.infer<typeof queueMove>
