import type { Checkpoint } from '#contract/domain/checkpoint.ts'
import type { ImportedModel } from '#contract/domain/imported-model.ts'
import { describeModel } from '#contract/domain/model.ts'
import { stageTitles } from '#contract/stages/index.ts'

/** Checkpoints that hold every word of the query in their run, stage, dataset or step; newest first. */
export function filterCheckpoints(
  checkpoints: readonly Checkpoint[],
  query: string,
  isFinalOnly: boolean,
): Checkpoint[] {
  const words = wordsOf(query)
  return checkpoints
    .filter((checkpoint) => checkpoint.isFinal || !isFinalOnly)
    .filter((checkpoint) => {
      const text = [
        checkpoint.id,
        checkpoint.pipelineId,
        checkpoint.stage,
        stageTitles[checkpoint.stage],
        checkpoint.dataset,
      ]
        .join(' ')
        .toLowerCase()
      return words.every((word) => text.includes(word))
    })
    .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt) || b.step - a.step)
}

/** Imported models that hold every word of the query in their name, kind or source; by name. */
export function filterModels(models: readonly ImportedModel[], query: string): ImportedModel[] {
  const words = wordsOf(query)
  return models.filter(({ name, model, source }) => {
    const text = [name, describeModel(model), source.path].join(' ').toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

const wordsOf = (query: string): string[] =>
  query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
