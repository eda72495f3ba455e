import type { Checkpoint } from '#contract/domain/checkpoint.ts'
import type { LiveTopicOptions } from './live.ts'

/** The checkpoints of one run as a live topic, in order of their steps. */
export const checkpointTopic = (
  fetchCheckpoints: (runId: string) => Promise<Checkpoint[]>,
): LiveTopicOptions<Checkpoint[], Checkpoint> => ({
  initial: [],
  fetch: async ([runId = '']) => addCheckpoints([], await fetchCheckpoints(runId)),
  pick: (event) => (event.type === 'checkpoint' ? [event.checkpoint] : []),
  join: addCheckpoints,
})

/** Checkpoints with some more; one written again takes the place of the earlier one. */
export function addCheckpoints(checkpoints: readonly Checkpoint[], more: readonly Checkpoint[]): Checkpoint[] {
  const byId = new Map([...checkpoints, ...more].map((checkpoint) => [checkpoint.id, checkpoint]))
  return [...byId.values()].toSorted((a, b) => a.step - b.step)
}
