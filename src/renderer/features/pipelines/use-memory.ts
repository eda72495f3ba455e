import { computed } from 'vue'
import type { ComputedRef } from 'vue'
import type { MemoryEstimate } from '#contract/domain/memory.ts'
import type { PipelineRequest } from '#contract/domain/pipeline.ts'
import { useStudio } from '../../api/client.ts'
import { useSettled } from './use-settled.ts'

/** An estimate starts a process for each stage, so it waits until the user pauses. */
const pauseMs = 1000

export interface EstimatedMemory {
  /** Memory of each stage; null while it is computed and if the request is invalid. */
  estimate: ComputedRef<MemoryEstimate | null>
  isEstimating: ComputedRef<boolean>
}

/** Estimates the memory of `request` while it is edited. */
export function useMemory(request: () => PipelineRequest | null): EstimatedMemory {
  const { client } = useStudio()
  const { data, error, isCurrent } = useSettled(request, pauseMs, (wanted, signal) =>
    client.pipelines.memory(wanted, { signal }),
  )
  return {
    estimate: computed(() => (isCurrent.value && error.value === null ? data.value : null)),
    isEstimating: computed(() => request() !== null && !isCurrent.value),
  }
}
