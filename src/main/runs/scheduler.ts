import type { RunStatus } from '#contract/domain/run.ts'

export interface Schedulable {
  id: string
  status: RunStatus
  queuedAt: string
  /** Ids of the runs whose checkpoints it takes. */
  inputs: readonly string[]
}

/** Which run starts next: none while one is running, else the one that waits longest of those whose inputs are finished. Equal times keep the given order. */
export function nextRun(runs: readonly Schedulable[]): string | undefined {
  if (runs.some((run) => run.status === 'running')) return undefined
  const finished = new Set(runs.filter((run) => run.status === 'finished').map((run) => run.id))
  const ready = runs.filter((run) => run.status === 'queued' && run.inputs.every((input) => finished.has(input)))
  return ready.toSorted((a, b) => (a.queuedAt < b.queuedAt ? -1 : a.queuedAt > b.queuedAt ? 1 : 0))[0]?.id
}
