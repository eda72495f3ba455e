import type { Pipeline } from '#contract/domain/pipeline.ts'
import type { Run } from '#contract/domain/run.ts'
import { searchBy } from '#contract/query/evaluate.ts'
import { runFields } from '#contract/query/run-search.ts'

/** Runs that match a filter such as `shapes status:failed -stage:test`; see `contract/query`. */
export const filterRuns = (runs: readonly Run[], query: string, pipelines: readonly Pipeline[]): Run[] =>
  searchBy(runs, query, runFields(runs, pipelines)).found
