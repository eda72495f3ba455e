import type { Checkpoint } from '#contract/domain/checkpoint.ts'
import type { ImportedModel } from '#contract/domain/imported-model.ts'
import { describeModel } from '#contract/domain/model.ts'
import { type Fields, filterBy } from '#contract/query/evaluate.ts'
import { stageTitles } from '#contract/stages/index.ts'

const checkpointFields: Fields<Checkpoint> = {
  keys: {
    pipeline: (checkpoint) => checkpoint.pipelineId,
    stage: (checkpoint) => `${checkpoint.stage} ${stageTitles[checkpoint.stage]}`,
    dataset: (checkpoint) => checkpoint.dataset,
    step: (checkpoint) => checkpoint.step,
  },
  text: ({ id, pipelineId, stage, dataset }) => [id, pipelineId, stage, stageTitles[stage], dataset].join(' '),
}

const modelFields: Fields<ImportedModel> = {
  keys: { name: ({ name }) => name, source: ({ source }) => source.path },
  text: ({ name, model, source }) => [name, describeModel(model), source.path].join(' '),
}

/** Checkpoints that match a filter, newest first. */
export function filterCheckpoints(
  checkpoints: readonly Checkpoint[],
  query: string,
  isFinalOnly: boolean,
): Checkpoint[] {
  const candidates = checkpoints.filter((checkpoint) => checkpoint.isFinal || !isFinalOnly)
  return filterBy(candidates, query, checkpointFields).toSorted(
    (a, b) => b.createdAt.localeCompare(a.createdAt) || b.step - a.step,
  )
}

/** Imported models that match a filter, in their order. */
export const filterModels = (models: readonly ImportedModel[], query: string): ImportedModel[] =>
  filterBy(models, query, modelFields)
