import { computed, type ComputedRef } from 'vue'
import type { PipelineRequest, StageCost } from '#contract/domain/pipeline.ts'
import type { Stage } from '#contract/stages/index.ts'
import { useStudio } from '../../api/client.ts'
import { type Measurement, useMeasurement } from '../../api/use-measurement.ts'
import { subjectOf } from './use-settled.ts'

export interface PipelineMeasurement extends Measurement<StageCost> {
  /** True if the draft has changed since the measurement. */
  readonly isStale: ComputedRef<boolean>
}

/** Measures duration and memory of each stage of `request`. Cancelled when the component is unmounted. */
export function useCost(request: () => PipelineRequest | null): PipelineMeasurement {
  const { client } = useStudio()
  const measurement = useMeasurement(request, subjectOf, (wanted, signal) => client.pipelines.cost(wanted, { signal }))
  const { measured, subject } = measurement
  return {
    ...measurement,
    isStale: computed(() => measured.value.length > 0 && subjectOf(request()) !== subject.value),
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
