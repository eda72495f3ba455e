import { computed, ref, shallowRef } from 'vue'
import type { ComputedRef, Ref, ShallowRef } from 'vue'
import type { ErrorReport } from '#contract/api/errors.ts'
import type { PipelineRequest, StageCost } from '#contract/domain/pipeline.ts'
import type { Stage } from '#contract/stages/index.ts'
import { useStudio } from '../../api/client.ts'
import { useCall } from '../../api/use-call.ts'
import { subjectOf } from './use-settled.ts'

export interface Measuring {
  stages: Readonly<ShallowRef<readonly StageCost[]>>
  warnings: Readonly<ShallowRef<readonly string[]>>
  error: Readonly<Ref<ErrorReport | null>>
  isMeasuring: Readonly<Ref<boolean>>
  /** True if the draft has changed since the measurement. */
  isStale: ComputedRef<boolean>
  measure(): Promise<void>
  cancel(): void
}

/** Measures duration and memory of each stage of `request`. Cancelled when the component is unmounted. */
export function useCost(request: () => PipelineRequest | null): Measuring {
  const { client } = useStudio()
  const { isBusy: isMeasuring, error, run, cancel } = useCall()
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

/** Duration of all runs of a sweep one after another, if each took the time of its stage in the form. */
export const sweepDuration = (stages: readonly StageCost[], runsOfStage: ReadonlyMap<Stage, number>): number =>
  stages.reduce((sum, { stage, durationMs }) => sum + durationMs * (runsOfStage.get(stage) ?? 0), 0)

export interface CostTotal {
  durationMs: number
  /** The largest stage, because stages run one after another. */
  memoryBytes: number
  steps: number
}

export function totalCost(stages: readonly StageCost[]): CostTotal {
  return {
    durationMs: stages.reduce((sum, stage) => sum + stage.durationMs, 0),
    memoryBytes: Math.max(0, ...stages.map((stage) => stage.memoryBytes)),
    steps: stages.reduce((sum, stage) => sum + stage.steps, 0),
  }
}
