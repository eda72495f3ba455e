import { refDebounced } from '@vueuse/core'
import { computed, type ComputedRef } from 'vue'
import type { ErrorReport } from '#contract/api/errors.ts'
import type { ExperimentRequest } from '#contract/experiment/request.ts'
import { useStudio } from '../../api/client.ts'
import { useLoaded } from '../../api/use-loaded.ts'

/** A check reads the whole dataset, so it waits until the user pauses. */
const pauseMs = 300

export interface ExperimentCheck {
  /** Unusual but valid settings. */
  warnings: ComputedRef<readonly string[]>
  /** Why the launch would fail, or null. */
  refusal: ComputedRef<ErrorReport | null>
}

/** Asks the studio what it would launch while a request is edited. Answers to an earlier request are not returned. */
export function useExperimentCheck(request: () => ExperimentRequest | null): ExperimentCheck {
  const { client } = useStudio()
  const subject = computed(() => JSON.stringify(request()))
  const settled = refDebounced(subject, pauseMs)
  const { data, error, isLoading } = useLoaded(
    () => settled.value,
    async (_, signal) => {
      const wanted = request()
      return wanted === null ? null : client.experiments.plan(wanted, { signal })
    },
  )
  const isCurrent = computed(() => settled.value === subject.value && !isLoading.value)
  /** A lost connection or an internal error is not a problem of the request. */
  const isRefused = computed(
    () => error.value !== null && error.value.code !== 'disconnected' && error.value.code !== 'internal',
  )
  return {
    warnings: computed(() => (isCurrent.value && error.value === null ? (data.value?.warnings ?? []) : [])),
    refusal: computed(() => (isCurrent.value && isRefused.value ? error.value : null)),
  }
}
