import type { z } from 'zod'
import type { endStatus } from '#contract/domain/run-event.ts'
import type { RunStatus } from '#contract/domain/run.ts'

/** What determines the status of a run. */
export interface StatusFacts {
  submittedAt: string | null
  stoppedAt: string | null
  eventsFrom: number
  /** The last `ended` event and its position in `events.jsonl`. */
  end: { offset: number; status: z.infer<typeof endStatus> } | null
  /** The end that the studio recorded for the last process, in case `events.jsonl` no longer has it. */
  recordedEnd?: z.infer<typeof endStatus> | null
  /** Whether the process was ended at once on request. */
  isEnded?: boolean
  isAlive: boolean
}

/** An end counts only if the last process wrote it: behind the events that existed when it was submitted. */
export function statusOf({
  submittedAt,
  stoppedAt,
  eventsFrom,
  end,
  recordedEnd,
  isEnded,
  isAlive,
}: StatusFacts): RunStatus {
  if (submittedAt === null) return stoppedAt === null ? 'queued' : 'stopped'
  if (end !== null && end.offset > eventsFrom) return end.status
  if (isAlive) return 'running'
  return recordedEnd ?? (isEnded === true ? 'stopped' : 'interrupted')
}
