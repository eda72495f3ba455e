import type { RunStatus } from '#contract/domain/run.ts'

/** What decides the status of a run. */
export interface StatusFacts {
  spawnedAt: string | null
  stoppedAt: string | null
  eventsFrom: number
  /** The last `ended` event and where it stands in `events.jsonl`. */
  end: { offset: number; status: 'finished' | 'stopped' | 'failed' } | null
  isAlive: boolean
}

/** An end counts only when this process wrote it, that is, behind the events that were there when it started. */
export function statusOf({ spawnedAt, stoppedAt, eventsFrom, end, isAlive }: StatusFacts): RunStatus {
  if (spawnedAt === null) return stoppedAt === null ? 'queued' : 'stopped'
  if (end !== null && end.offset > eventsFrom) return end.status
  return isAlive ? 'running' : 'interrupted'
}
