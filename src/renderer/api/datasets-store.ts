import { defineStore } from 'pinia'
import { computed, onScopeDispose, ref, shallowRef, triggerRef } from 'vue'
import type { DatasetEvent } from '#contract/api/contract.ts'
import type { ErrorReport } from '#contract/api/errors.ts'
import type { DatasetSummary } from '#contract/domain/dataset.ts'
import { useStudio } from './client.ts'
import { subscribe } from './subscribe.ts'

/** All datasets of the workspace, kept up to date. */
export const useDatasetsStore = defineStore('datasets', () => {
  const studio = useStudio()
  const byName = shallowRef(new Map<string, DatasetSummary>())
  const isLoaded = ref(false)
  const error = ref<ErrorReport | null>(null)

  /** Sorted by name. */
  const datasets = computed(() => [...byName.value.values()].toSorted((a, b) => a.name.localeCompare(b.name)))

  function apply(event: DatasetEvent): void {
    if (event.type === 'snapshot') {
      byName.value = new Map(event.datasets.map((dataset) => [dataset.name, dataset]))
      isLoaded.value = true
      error.value = null
      return
    }
    if (event.type === 'changed') byName.value.set(event.dataset.name, event.dataset)
    else byName.value.delete(event.name)
    triggerRef(byName)
  }

  onScopeDispose(
    subscribe(studio, {
      open: (signal) => studio.client.datasets.watch({}, { signal }),
      onEvent: apply,
      onError: (report) => (error.value = report),
    }),
  )

  return { datasets, isLoaded, error, dataset: (name: string) => byName.value.get(name) }
})
