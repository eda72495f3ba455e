import { computed } from 'vue'
import type { ComputedRef } from 'vue'
import type { ErrorReport } from '#contract/api/errors.ts'
import type { PipelineRequest } from '#contract/domain/pipeline.ts'
import { useStudio } from '../../api/client.ts'
import { useSettled } from './use-settled.ts'

/** A check reads the whole dataset, so it waits until the user pauses. */
const pauseMs = 300

export interface Checked {
  /** Unusual but valid settings. */
  warnings: ComputedRef<readonly string[]>
  /** Why the launch would fail, or null. */
  refusal: ComputedRef<ErrorReport | null>
}

/** Checks `request` against its dataset while it is edited. Results of an earlier request are not returned. */
export function useCheck(request: () => PipelineRequest | null): Checked {
  const { client } = useStudio()
  const { data, error, isCurrent } = useSettled(request, pauseMs, (wanted, signal) =>
    client.pipelines.check(wanted, { signal }),
  )
  /** A lost connection or an internal error is not a problem of the request. */
  const isRefused = computed(
    () => error.value !== null && error.value.code !== 'disconnected' && error.value.code !== 'internal',
  )
  return {
    warnings: computed(() => (isCurrent.value && error.value === null ? (data.value?.warnings ?? []) : [])),
    refusal: computed(() => (isCurrent.value && isRefused.value ? error.value : null)),
  }
}
