import { refDebounced } from '@vueuse/core'
import { computed } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import type { ErrorReport } from '#contract/api/errors.ts'
import type { PipelineRequest } from '#contract/domain/pipeline.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { subjectOf } from './subject.ts'

export interface Settled<T> {
  /** What was said last; of the present request only where `isCurrent`. Null where there is no request. */
  data: Readonly<Ref<T | null>>
  error: Readonly<Ref<ErrorReport | null>>
  isCurrent: ComputedRef<boolean>
}

/** Asks about `request` while it is being written, once the person pauses for `pauseMs`. */
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
