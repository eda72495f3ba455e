import { computed, ref, shallowRef } from 'vue'
import type { ComputedRef, Ref, ShallowRef } from 'vue'
import type { ErrorReport } from '#contract/api/errors.ts'
import type { PipelineRequest, StageCost } from '#contract/domain/pipeline.ts'
import { useStudio } from '../../api/client.ts'
import { useLongCall } from '../../api/use-long-call.ts'
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
  const { isBusy: isMeasuring, error, run, cancel } = useLongCall()
  const stages = shallowRef<readonly StageCost[]>([])
  const warnings = shallowRef<readonly string[]>([])
  const measured = ref('')

  async function measure(): Promise<void> {
    const wanted = request()
    if (wanted === null || isMeasuring.value) return
    ;[stages.value, warnings.value] = [[], []]
    measured.value = subjectOf(wanted)
    await run(async (signal) => {
      for await (const event of await client.pipelines.cost(wanted, { signal })) {
        if (event.type === 'progress') stages.value = [...stages.value, event.cost]
        else [stages.value, warnings.value] = [event.stages, event.warnings]
      }
    })
  }

  return {
    stages,
    warnings,
    error,
    isMeasuring,
    isStale: computed(() => stages.value.length > 0 && subjectOf(request()) !== measured.value),
    measure,
    cancel,
  }
}
