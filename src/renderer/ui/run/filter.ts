import { defineStore } from 'pinia'
import { computed } from 'vue'
import type { Pipeline } from '#contract/domain/pipeline.ts'
import type { Run } from '#contract/domain/run.ts'
import { searchBy } from '#contract/query/evaluate.ts'
import type { RunKey } from '#contract/query/run-key.ts'
import { runKeys } from '#contract/query/run-keys.ts'
import { runFields, withOtherKeys } from '#contract/query/run-search.ts'
import { useRunsStore } from '../../api/runs-store.ts'

/** Runs that match a filter such as `shapes status:failed -stage:test`; see `contract/query`. `keys` are those to search by. */
export const filterRuns = (
  runs: readonly Run[],
  query: string,
  pipelines: readonly Pipeline[],
  keys: readonly RunKey[],
): Run[] => searchBy(runs, query, runFields(pipelines, keys)).found

/**
 * Keys of the runs of the workspace. To collect them reads every value of every run, so all pages share them, and they are collected
 * again only if runs came or went, recorded another metric, or have another name or tag.
 */
export const useRunKeys = defineStore('run-keys', () => {
  const store = useRunsStore()
  const signature = computed(() => {
    const metrics = new Set(store.runs.flatMap(({ summaries }) => summaries.map(({ name }) => name)))
    const organized = [...store.runs, ...store.pipelines].map(({ id, organization: { name, tags } }) =>
      [id, name, ...tags].join(' '),
    )
    return [...metrics, ...organized].join('\n')
  })
  let collected: { signature: string; keys: readonly RunKey[] } | undefined
  /** Keys that some run has. */
  const known = computed(() => {
    if (collected?.signature !== signature.value)
      collected = { signature: signature.value, keys: runKeys(store.runs, store.pipelines) }
    return collected.keys
  })
  /** Keys to search by, also those that no run has yet. */
  const searchable = computed(() => withOtherKeys(known.value))
  return { known, searchable }
})
