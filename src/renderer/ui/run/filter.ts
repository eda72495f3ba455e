import type { Run } from '#contract/domain/run.ts'
import { type Fields, filterBy } from '#contract/query/evaluate.ts'
import { stageTitles } from '#contract/stages/index.ts'

type Filterable = Pick<Run, 'id' | 'pipelineId' | 'stage' | 'dataset' | 'labels' | 'preset' | 'status'>

const keys: Fields<Filterable>['keys'] = {
  pipeline: (run) => run.pipelineId,
  stage: (run) => `${run.stage} ${stageTitles[run.stage]}`,
  dataset: (run) => run.dataset,
  labels: (run) => run.labels,
  preset: (run) => run.preset,
  status: (run) => run.status,
}

/** Keys of runs, and the text in which a word without a key is searched for. */
const runFields: Fields<Filterable> = {
  keys,
  text: (run) => [run.id, ...Object.values(keys).map((read) => read(run) ?? '')].join(' '),
}

/** Runs that match a filter such as `shapes status:failed -stage:evaluate`; see `contract/query`. */
export const filterRuns = <R extends Filterable>(runs: readonly R[], query: string): R[] =>
  filterBy(runs, query, runFields)
