import { computed, type ComputedRef } from 'vue'
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
import { type Measurement, useMeasurement } from '../../api/use-measurement.ts'

export interface ExperimentMeasurement extends Measurement<ExperimentStageCost> {
  /** Runs of each phase; undefined without a request. */
  readonly plan: ComputedRef<Pick<ExperimentPlan, 'phases' | 'runCount'> | undefined>
  /** Duration of each phase. Undefined without a measurement of every stage that the request has. */
  readonly costs: ComputedRef<readonly PhaseCost[] | undefined>
  /** Stages that a measurement of the request takes. */
  readonly stageCount: ComputedRef<number>
  /** Whether the values of the stages or the dataset have changed since the measurement. */
  readonly isStale: ComputedRef<boolean>
}

/** What the cost of a stage depends on. Seeds, starts and the grid only change how often it runs. */
const subjectOf = ({ dataset, configuration }: ExperimentRequest): string => JSON.stringify([dataset, configuration])

/** Size of an experiment as it is edited, and its duration once every stage was measured. Cancelled when the component is unmounted. */
export function useExperimentCost(request: () => ExperimentRequest | null): ExperimentMeasurement {
  const { client } = useStudio()
  const measurement = useMeasurement(request, subjectOf, (wanted, signal) =>
    client.experiments.cost(wanted, { signal }),
  )
  const { measured, subject, isMeasuring } = measurement

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
    ...measurement,
    plan,
    costs: computed(() => {
      const wanted = request()
      return wanted === null || isMeasuring.value || !isComplete(wanted)
        ? undefined
        : phaseCosts(wanted, measured.value)
    }),
    stageCount: computed(() => {
      const wanted = request()
      return wanted === null ? 0 : costMeasurements(wanted).flatMap(({ stages }) => stages).length
    }),
    isStale: computed(() => {
      const wanted = request()
      return measured.value.length > 0 && wanted !== null && !isMeasuring.value
        ? subjectOf(wanted) !== subject.value || !isComplete(wanted)
        : false
    }),
  }
}
