import type { Checkpoint } from '#contract/checkpoint.ts'
import { stageTitles } from '#contract/stage.ts'

/** Checkpoints that hold every word of the query in their run, stage, dataset or step; newest first. */
export function filterCheckpoints(checkpoints: readonly Checkpoint[], query: string, isFinalOnly: boolean): Checkpoint[] {
  const words = query.toLowerCase().split(/\s+/).filter((word) => word !== '')
  return checkpoints
    .filter((checkpoint) => checkpoint.isFinal || !isFinalOnly)
    .filter((checkpoint) => {
      const text = [checkpoint.id, checkpoint.pipelineId, checkpoint.stage, stageTitles[checkpoint.stage], checkpoint.dataset].join(' ').toLowerCase()
      return words.every((word) => text.includes(word))
    })
    .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt) || b.step - a.step)
}
