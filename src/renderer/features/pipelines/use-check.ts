import { computed } from 'vue'
import type { ComputedRef } from 'vue'
import type { ErrorReport } from '#contract/api/errors.ts'
import type { PipelineRequest } from '#contract/domain/pipeline.ts'
import { useStudio } from '../../api/client.ts'
import { useSettled } from './use-settled.ts'

/** The studio reads the whole dataset to check a request, so it is asked once the person pauses. */
const pauseMs = 300

export interface Checked {
  /** What will work, but not as one may expect. */
  warnings: ComputedRef<readonly string[]>
  /** Why the studio would refuse the launch, or null. */
  refusal: ComputedRef<ErrorReport | null>
}

/** Lets the studio check `request` against its dataset while it is being written. What it said of an earlier request is not shown. */
export function useCheck(request: () => PipelineRequest | null): Checked {
  const { client } = useStudio()
  const { data, error, isCurrent } = useSettled(request, pauseMs, (wanted, signal) =>
    client.pipelines.check(wanted, { signal }),
  )
  /** A lost connection or a defect says nothing about the request. */
  const isRefused = computed(
    () => error.value !== null && error.value.code !== 'disconnected' && error.value.code !== 'internal',
  )
  return {
    warnings: computed(() => (isCurrent.value && error.value === null ? (data.value?.warnings ?? []) : [])),
    refusal: computed(() => (isCurrent.value && isRefused.value ? error.value : null)),
  }
}
