import { defineStore } from 'pinia'
import { computed, onScopeDispose, ref, shallowRef, triggerRef } from 'vue'
import type { ExperimentEvent } from '#contract/api/contract.ts'
import type { ErrorReport } from '#contract/api/errors.ts'
import type { ExperimentSummary } from '#contract/experiment/progress.ts'
import { useStudio } from './client.ts'
import { subscribe } from './subscribe.ts'

/** All experiments of the workspace, kept up to date. */
export const useExperimentsStore = defineStore('experiments', () => {
  const studio = useStudio()
  const byId = shallowRef(new Map<string, ExperimentSummary>())
  const isLoaded = ref(false)
  const error = ref<ErrorReport | null>(null)

  /** Newest first. */
  const experiments = computed(() =>
    [...byId.value.values()].toSorted((a, b) => b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id)),
  )

  function apply(event: ExperimentEvent): void {
    if (event.type === 'snapshot') {
      byId.value = new Map(event.experiments.map((experiment) => [experiment.id, experiment]))
      isLoaded.value = true
      error.value = null
      return
    }
    if (event.type === 'changed') byId.value.set(event.experiment.id, event.experiment)
    else byId.value.delete(event.id)
    triggerRef(byId)
  }

  onScopeDispose(
    subscribe(studio, {
      open: (signal) => studio.client.experiments.watch({}, { signal }),
      onEvent: apply,
      onError: (report) => (error.value = report),
    }),
  )

  return { experiments, isLoaded, error, apply, experiment: (id: string) => byId.value.get(id) }
})
