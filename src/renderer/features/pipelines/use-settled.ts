import { refDebounced } from '@vueuse/core'
import { computed } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import type { ErrorReport } from '#contract/api/errors.ts'
import type { PipelineRequest } from '#contract/domain/pipeline.ts'
import { useLoaded } from '../../api/use-loaded.ts'

export interface Settled<T> {
  /** The last answer, which belongs to the current request only if `isCurrent`. Null without a request. */
  data: Readonly<Ref<T | null>>
  error: Readonly<Ref<ErrorReport | null>>
  isCurrent: ComputedRef<boolean>
}

/** Calls `ask` with the current request whenever it has not changed for `pauseMs`. */
export function useSettled<T>(
  request: () => PipelineRequest | null,
  pauseMs: number,
  ask: (request: PipelineRequest, signal: AbortSignal) => Promise<T>,
): Settled<T> {
  const subject = computed(() => subjectOf(request()))
  const settled = refDebounced(subject, pauseMs)
  const { data, error, isLoading } = useLoaded(
    () => settled.value,
    async (_, signal) => {
      const wanted = request()
      return wanted === null ? null : ask(wanted, signal)
    },
  )
  return {
    data: computed(() => data.value ?? null),
    error,
    isCurrent: computed(() => settled.value === subject.value && !isLoading.value),
  }
}

/** Comparable text of everything that checks and measurements of a request depend on: all but its name. */
export const subjectOf = (request: PipelineRequest | null): string =>
  JSON.stringify(request === null ? null : [request.dataset, request.labels, request.configuration])
