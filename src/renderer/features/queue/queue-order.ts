import type { QueuedEntry, QueueMove, RunPriority } from '#contract/domain/queue.ts'

type Queue = readonly Pick<QueuedEntry, 'runId' | 'priority'>[]

/** The runs of one priority, among which a run can be moved. */
const peersOf = (queue: Queue, priority: RunPriority): string[] =>
  queue.filter((run) => run.priority === priority).map(({ runId }) => runId)

/**
 * Moves a run before the one at an index of the queue; the number of runs is its end. A run stays among those of its priority, so that it may end
 * up at their beginning or end instead.
 * @returns undefined if it stays where it is, or is not in the queue
 */
export function moveTo(queue: Queue, runId: string, index: number): QueueMove | undefined {
  const priority = queue.find((run) => run.runId === runId)?.priority
  if (priority === undefined) return undefined
  const peers = peersOf(queue, priority)
  const others = peers.filter((id) => id !== runId)
  const ahead = new Set(queue.slice(0, Math.max(0, index)).map((run) => run.runId))
  const target = others.filter((id) => ahead.has(id)).length
  return target === peers.indexOf(runId) ? undefined : { ids: [runId], before: others[target] ?? null }
}

/** Moves a run by one place; undefined at the end of its priority. */
export function moveBy(queue: Queue, runId: string, direction: 'up' | 'down'): QueueMove | undefined {
  const index = queue.findIndex((run) => run.runId === runId)
  return index < 0 ? undefined : moveTo(queue, runId, direction === 'up' ? index - 1 : index + 2)
}

/** The move that brings a run back to where it is now. */
export function moveBack(queue: Queue, runId: string): QueueMove {
  const priority = queue.find((run) => run.runId === runId)?.priority ?? 'normal'
  const peers = peersOf(queue, priority)
  return { ids: [runId], before: peers[peers.indexOf(runId) + 1] ?? null }
}
