import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import type { ComputedRef, Ref, ShallowRef } from 'vue'
import type { ErrorReport } from '#contract/errors.ts'
import type { PipelineRequest, StageCost } from '#contract/pipeline.ts'
import { useStudio } from '../../api/client.ts'
import { isCancelled, toReport } from '../../api/errors.ts'
import { subjectOf } from './subject.ts'

export interface Measuring {
  stages: Readonly<ShallowRef<readonly StageCost[]>>
  warnings: Readonly<ShallowRef<readonly string[]>>
  error: Readonly<Ref<ErrorReport | null>>
  isMeasuring: Readonly<Ref<boolean>>
  /** True once the draft differs from what was measured. */
  isStale: ComputedRef<boolean>
  measure(): Promise<void>
  cancel(): void
}

/** Measures what `request` would cost, stage after stage. Ended when its owner goes away. */
export function useCost(request: () => PipelineRequest | null): Measuring {
  const { client } = useStudio()
  const stages = shallowRef<readonly StageCost[]>([])
  const warnings = shallowRef<readonly string[]>([])
  const error = ref<ErrorReport | null>(null)
  const isMeasuring = ref(false)
  const measured = ref('')
  let controller = new AbortController()

  async function measure(): Promise<void> {
    const wanted = request()
    if (wanted === null || isMeasuring.value) return
    controller = new AbortController()
    ;[stages.value, warnings.value, error.value] = [[], [], null]
    isMeasuring.value = true
    measured.value = subjectOf(wanted)
    try {
      for await (const event of await client.pipelines.cost(wanted, { signal: controller.signal })) {
        if (event.type === 'progress') stages.value = [...stages.value, event.cost]
        else [stages.value, warnings.value] = [event.stages, event.warnings]
      }
    } catch (cause) {
      if (!controller.signal.aborted && !isCancelled(cause)) error.value = toReport(cause)
    } finally {
      isMeasuring.value = false
    }
  }

  onScopeDispose(() => controller.abort())
  return { stages, warnings, error, isMeasuring, isStale: computed(() => stages.value.length > 0 && subjectOf(request()) !== measured.value), measure, cancel: () => controller.abort() }
}
