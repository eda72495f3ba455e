import type { Checkpoint } from '#contract/domain/checkpoint.ts'
import type { LogLine } from '#contract/domain/run.ts'
import type { LiveTopicOptions } from '../../api/live.ts'
import { joinLog, maxLines } from './log.ts'

/** The log of a run as a live topic. */
export const logTopic = (fetchLog: (runId: string) => Promise<LogLine[]>): LiveTopicOptions<LogLine[], LogLine> => ({
  initial: [],
  fetch: async ([runId = '']) => fetchLog(runId),
  pick: (event) => (event.type === 'log' ? event.lines : []),
  join: (lines, items, mayOverlap) => (mayOverlap ? joinLog(lines, items) : [...lines, ...items].slice(-maxLines)),
})

/** The checkpoints of a run as a live topic, sorted by step. */
export const checkpointTopic = (
  fetchCheckpoints: (runId: string) => Promise<Checkpoint[]>,
): LiveTopicOptions<Checkpoint[], Checkpoint> => ({
  initial: [],
  fetch: async ([runId = '']) => addCheckpoints([], await fetchCheckpoints(runId)),
  pick: (event) => (event.type === 'checkpoint' ? [event.checkpoint] : []),
  join: addCheckpoints,
})

/** Adds checkpoints, sorted by step; replaces those with the same id. */
export function addCheckpoints(checkpoints: readonly Checkpoint[], more: readonly Checkpoint[]): Checkpoint[] {
  const byId = new Map([...checkpoints, ...more].map((checkpoint) => [checkpoint.id, checkpoint]))
  return [...byId.values()].toSorted((a, b) => a.step - b.step)
}
