import { computed, type ComputedRef, type Ref, ref, shallowRef, type ShallowRef } from 'vue'
import type { ErrorReport } from '#contract/api/errors.ts'
import {
  costMeasurements,
  type ExperimentPlan,
  type ExperimentStageCost,
  phaseCosts,
  type PhaseCost,
  planOf,
} from '#contract/experiment/cost.ts'
import type { ExperimentRequest } from '#contract/experiment/request.ts'
import { useStudio } from '../../api/client.ts'
import { useCall } from '../../api/use-call.ts'

export interface ExperimentMeasuring {
  /** Runs of each phase; undefined without a request. */
  readonly plan: ComputedRef<Pick<ExperimentPlan, 'phases' | 'runCount'> | undefined>
  /** Duration of each phase. Undefined without a measurement of every stage that the request has. */
  readonly costs: ComputedRef<readonly PhaseCost[] | undefined>
  readonly measured: Readonly<ShallowRef<readonly ExperimentStageCost[]>>
  /** Stages that a measurement of the request takes. */
  readonly stageCount: ComputedRef<number>
  readonly warnings: Readonly<ShallowRef<readonly string[]>>
  readonly error: Readonly<Ref<ErrorReport | null>>
  readonly isMeasuring: Readonly<Ref<boolean>>
  /** Whether the values of the stages or the dataset have changed since the measurement. */
  readonly isStale: ComputedRef<boolean>
  measure(): Promise<void>
  cancel(): void
}

/** What the cost of a stage depends on. Seeds, starts and the grid only change how often it runs. */
const subjectOf = ({ dataset, configuration }: ExperimentRequest): string => JSON.stringify([dataset, configuration])

/** Size of an experiment as it is edited, and its duration once every stage was measured. Cancelled when the component is unmounted. */
export function useExperimentCost(request: () => ExperimentRequest | null): ExperimentMeasuring {
  const { client } = useStudio()
  const { isBusy: isMeasuring, error, run, cancel } = useCall()
  const measured = shallowRef<readonly ExperimentStageCost[]>([])
  const warnings = shallowRef<readonly string[]>([])
  const subject = ref('')

  async function measure(): Promise<void> {
    const wanted = request()
    if (wanted === null || isMeasuring.value) return
    ;[measured.value, warnings.value] = [[], []]
    subject.value = subjectOf(wanted)
    await run(async (signal) => {
      for await (const event of await client.experiments.cost(wanted, { signal })) {
        if (event.type === 'progress') measured.value = [...measured.value, event.cost]
        else [measured.value, warnings.value] = [event.stages, event.warnings]
      }
    })
  }

  const plan = computed(() => {
    const wanted = request()
    return wanted === null ? undefined : planOf(wanted)
  })
  const isComplete = (wanted: ExperimentRequest): boolean =>
    costMeasurements(wanted).every(({ stages, labels, start }) =>
      stages.every((stage) =>
        measured.value.some((cost) => cost.stage === stage && cost.labels === labels && cost.start === start),
      ),
    )
  return {
    plan,
    costs: computed(() => {
      const wanted = request()
      return wanted === null || isMeasuring.value || !isComplete(wanted)
        ? undefined
        : phaseCosts(wanted, measured.value)
    }),
    measured,
    stageCount: computed(() => {
      const wanted = request()
      return wanted === null ? 0 : costMeasurements(wanted).flatMap(({ stages }) => stages).length
    }),
    warnings,
    error,
    isMeasuring,
    isStale: computed(() => {
      const wanted = request()
      return measured.value.length > 0 && wanted !== null && !isMeasuring.value
        ? subjectOf(wanted) !== subject.value || !isComplete(wanted)
        : false
    }),
    measure,
    cancel,
  }
}
