import { refDebounced } from '@vueuse/core'
import { computed } from 'vue'
import type { ComputedRef } from 'vue'
import type { MemoryEstimate } from '#contract/memory.ts'
import type { PipelineRequest } from '#contract/pipeline.ts'
import { useStudio } from '../../api/client.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { subjectOf } from './subject.ts'

/** An estimate starts a process for each stage, so it is asked for once the person pauses. */
const pauseMs = 1000

export interface EstimatedMemory {
  /** What the stages of the request will take; null until the studio has told, and where it would refuse the request. */
  estimate: ComputedRef<MemoryEstimate | null>
  isEstimating: ComputedRef<boolean>
}

/** Lets the studio estimate the memory of `request` while it is being written. */
export function useMemory(request: () => PipelineRequest | null): EstimatedMemory {
  const { client } = useStudio()
  const subject = computed(() => subjectOf(request()))
  const settled = refDebounced(subject, pauseMs)
  const { data, error, isLoading } = useLoaded(
    () => settled.value,
    async (_, signal) => {
      const wanted = request()
      return wanted === null ? null : client.pipelines.memory(wanted, { signal })
    },
  )
  const isCurrent = computed(() => settled.value === subject.value && !isLoading.value)
  return {
    estimate: computed(() => (isCurrent.value && error.value === null ? (data.value ?? null) : null)),
    isEstimating: computed(() => request() !== null && !isCurrent.value),
  }
}
