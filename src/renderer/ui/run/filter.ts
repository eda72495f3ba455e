import { computed, type ComputedRef } from 'vue'
import type { Pipeline } from '#contract/domain/pipeline.ts'
import type { Run } from '#contract/domain/run.ts'
import { searchBy } from '#contract/query/evaluate.ts'
import type { RunKey } from '#contract/query/run-keys.ts'
import { runFields, searchKeys } from '#contract/query/run-search.ts'
import { useRunsStore } from '../../api/runs-store.ts'

/** Runs that match a filter such as `shapes status:failed -stage:test`; see `contract/query`. */
export const filterRuns = (runs: readonly Run[], query: string, pipelines: readonly Pipeline[]): Run[] =>
  searchBy(runs, query, runFields(runs, pipelines)).found

/** Keys by which the runs of the workspace can be searched, with values to choose from. */
export function useRunSearchKeys(): ComputedRef<readonly RunKey[]> {
  const store = useRunsStore()
  return computed(() => searchKeys(store.runs, store.pipelines))
}
