import type { Checkpoint } from '#contract/domain/checkpoint.ts'
import type { ImportedModel } from '#contract/domain/imported-model.ts'
import type { Pipeline } from '#contract/domain/pipeline.ts'
import { checkpointFields } from '#contract/query/checkpoint-search.ts'
import { predicateOf } from '#contract/query/evaluate.ts'
import type { QueryKey } from '#contract/query/key.ts'
import { parseQuery } from '#contract/query/parse.ts'

export interface Listed {
  readonly checkpoints: readonly Checkpoint[]
  readonly models: readonly ImportedModel[]
  readonly pipelines: readonly Pipeline[]
}

/** What a filter finds, with the keys that it can use and a sentence for everything that was not understood. */
export interface Found {
  /** Newest first. */
  readonly checkpoints: Checkpoint[]
  /** In their order. */
  readonly models: ImportedModel[]
  readonly keys: readonly QueryKey[]
  readonly problems: readonly string[]
}

/** Checkpoints and imported models that match a filter. */
export function searchModels({ checkpoints, models, pipelines }: Listed, text: string, isFinalOnly: boolean): Found {
  const fields = checkpointFields(checkpoints, models, pipelines)
  const { keys } = fields.checkpoints
  const { query, problems } = parseQuery(text, keys)
  return {
    checkpoints: checkpoints
      .filter((checkpoint) => checkpoint.isFinal || !isFinalOnly)
      .filter(predicateOf(query, fields.checkpoints))
      .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt) || b.step - a.step),
    models: models.filter(predicateOf(query, fields.models)),
    keys,
    problems,
  }
}
