import { computed, type ComputedRef, type Ref } from 'vue'
import { useRunsStore } from '../../api/runs-store.ts'
import { addressIds, addressText, useAddress } from '../../ui/address.ts'
import { filterRuns, useRunKeys } from '../../ui/run/filter.ts'
import { differingKeys, resultKeys } from './axes.ts'
import type { ChartKey, ChartRun } from './chart-data.ts'
import { chartRuns } from './chart-runs.ts'

export interface Overview {
  filter: Ref<string>
  /** Ids of the selected runs, as the table of runs reads them from the address. */
  selected: ComputedRef<ReadonlySet<string>>
  select: (ids: readonly string[]) => void
  /** Selects runs in addition to the others, or no longer if all of them are selected. */
  toggle: (ids: readonly string[]) => void
  runs: ComputedRef<readonly ChartRun[]>
  keys: ComputedRef<readonly ChartKey[]>
  results: ComputedRef<readonly ChartKey[]>
  /** The metric that every chart shows. */
  result: ComputedRef<ChartKey | undefined>
  chooseResult: (key: string) => void
  /** Parameters and facts by which runs can be compared; the most telling first. */
  differing: ComputedRef<readonly ChartKey[]>
}

/** The runs that the filter finds, and what all charts over them share. */
export function useOverview(): Overview {
  const store = useRunsStore()
  const runKeys = useRunKeys()
  const filter = useAddress('filter', addressText)
  const selectedIds = useAddress('select', addressIds)
  const chosenResult = useAddress('result', addressText)
  const found = computed(() =>
    chartRuns(filterRuns(store.runs, filter.value, store.pipelines, runKeys.searchable), store.pipelines),
  )
  const runs = computed(() => found.value.runs)
  const keys = computed(() => found.value.keys)
  const selected = computed(() => new Set(selectedIds.value))
  const results = computed(() => resultKeys(runs.value, keys.value))
  const result = computed(() => results.value.find(({ key }) => key === chosenResult.value) ?? results.value[0])
  const differing = computed(() => differingKeys(runs.value, keys.value, result.value))
  const select = (ids: readonly string[]) => (selectedIds.value = ids)
  return {
    filter,
    selected,
    select,
    toggle: (ids) => {
      const isSelected = ids.every((id) => selected.value.has(id))
      const others = selectedIds.value.filter((id) => !ids.includes(id))
      select(isSelected ? others : [...others, ...ids])
    },
    runs,
    keys,
    results,
    result,
    chooseResult: (key) => (chosenResult.value = key === results.value[0]?.key ? '' : key),
    differing,
  }
}
