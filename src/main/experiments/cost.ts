import type { CostEvent, ExperimentCostEvent } from '#contract/api/contract.ts'
import {
  type CostMeasurement,
  costMeasurements,
  type ExperimentStageCost,
  phaseCosts,
} from '#contract/experiment/cost.ts'
import type { ExperimentRequest } from '#contract/experiment/request.ts'

/** Measures the stages of a pipeline that is not launched. */
export type MeasureStages = (measurement: CostMeasurement) => AsyncIterable<CostEvent>

/** Measures every stage of an experiment once, and sums the time of its runs by phase. */
export async function measureExperiment(
  request: ExperimentRequest,
  measure: MeasureStages,
  warnings: readonly string[],
  report: (event: ExperimentCostEvent) => void,
): Promise<ExperimentCostEvent> {
  const notes = new Set(warnings)
  const stages: ExperimentStageCost[] = []
  for (const measurement of costMeasurements(request))
    for await (const event of measure(measurement)) {
      if (event.type === 'done') for (const warning of event.warnings) notes.add(warning)
      else {
        const cost = { ...event.cost, labels: measurement.labels, start: measurement.start }
        stages.push(cost)
        report({ type: 'progress', cost })
      }
    }
  const phases = phaseCosts(request, stages)
  const durationMs = phases.reduce((sum, phase) => sum + phase.durationMs, 0)
  return { type: 'done', stages, phases, durationMs, warnings: [...notes] }
}
