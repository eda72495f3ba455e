import { z } from 'zod'
import type { PipelineConfiguration } from '../configuration/pipeline.ts'
import { slug } from '../domain/dataset.ts'
import { type PipelineRequest, stageCost } from '../domain/pipeline.ts'
import type { Stage } from '../stages/index.ts'
import {
  baselineStart,
  chainOf,
  labelledStages,
  type Start,
  startSchema,
  studentStages,
  teacherStages,
} from '../stages/starts.ts'
import { type ExperimentPipeline, experimentPipelines, gridOf, pretrainingSeeds, probesOf } from './plan.ts'
import { experimentPhase, type ExperimentPhase, type ExperimentRequest } from './request.ts'

const phaseSize = z.object({
  phase: experimentPhase,
  pipelines: z.int(),
  /** Of the phase `probes`: probes. */
  runs: z.int(),
})

/** What an experiment will launch. */
export const experimentPlan = z.object({
  phases: z.array(phaseSize),
  /** Without probes. */
  runCount: z.int(),
  /** Combinations of learning rate and layer decay for each start and label set. */
  gridPoints: z.int(),
  /** Pre-training seeds. */
  seeds: z.array(z.int()),
  warnings: z.array(z.string()),
})
export type ExperimentPlan = z.infer<typeof experimentPlan>

/** Sizes of the phases. */
export function planOf(request: ExperimentRequest): Omit<ExperimentPlan, 'warnings'> {
  const planned = experimentPipelines(request)
  const phases: ExperimentPlan['phases'] = [...Map.groupBy(planned, ({ phase }) => phase)].map(
    ([phase, pipelines]) => ({
      phase,
      pipelines: pipelines.length,
      runs: pipelines.reduce((count, { stages }) => count + stages.length, 0),
    }),
  )
  const runCount = phases.reduce((count, { runs }) => count + runs, 0)
  const probes = probesOf(request).length
  if (probes > 0) phases.push({ phase: 'probes', pipelines: 0, runs: probes })
  return { phases, runCount, gridPoints: gridOf(request).length, seeds: pretrainingSeeds(request) }
}

/** Cost of one run of a stage: of a labelled stage on one label set, of a student by its start. */
export const experimentStageCost = stageCost.extend({ labels: slug.nullable(), start: startSchema.nullable() })
export type ExperimentStageCost = z.infer<typeof experimentStageCost>

/** Time of all runs of each phase, one after another, if each takes the time that was measured. Probes are not measured. */
export const phaseCost = z.object({ phase: experimentPhase, runs: z.int(), durationMs: z.number() })
export type PhaseCost = z.infer<typeof phaseCost>

/** Stages to measure, as a pipeline that could be launched before any model exists. */
export interface CostMeasurement {
  readonly request: PipelineRequest
  readonly stages: readonly Stage[]
  readonly labels: string | null
  readonly start: Start | null
}

/** What to measure: each teacher once, each student, and the labelled stages on each label set, from scratch. */
export function costMeasurements(request: ExperimentRequest): CostMeasurement[] {
  const { dataset, preset, configuration } = request
  const measurements: CostMeasurement[] = []
  const measured = new Set<Stage>()
  const add = (chain: PipelineConfiguration, stages: readonly Stage[], start: Start | null) => {
    if (stages.length === 0) return
    const running = chain.stages.filter((stage) => !labelledStages.includes(stage))
    measurements.push({
      request: { dataset, preset, configuration: { ...chain, stages: running } },
      stages,
      labels: null,
      start,
    })
  }
  for (const start of request.starts) {
    const chain = chainOf(start, configuration)
    const teachers = teacherStages(chain).filter((stage) => !measured.has(stage))
    for (const stage of teachers) measured.add(stage)
    add(chain, teachers, null)
    add(chain, studentStages(chain), start)
  }
  for (const labels of request.labels)
    measurements.push({
      request: { dataset, preset, labels, configuration: chainOf(baselineStart, configuration) },
      stages: labelledStages,
      labels,
      start: null,
    })
  return measurements
}

/** @throws Error if a stage has no cost */
export function phaseCosts(request: ExperimentRequest, costs: readonly ExperimentStageCost[]): PhaseCost[] {
  const durationOf = (stage: Stage, { phase, labels, start }: ExperimentPipeline): number => {
    const own = phase === 'students' ? start : null
    const cost = costs.find((known) => known.stage === stage && known.labels === labels && known.start === own)
    if (cost === undefined) throw new Error(`The stage ${stage} was not measured.`)
    return cost.durationMs
  }
  const phases = new Map<ExperimentPhase, PhaseCost>()
  for (const pipeline of experimentPipelines(request)) {
    const { phase, stages } = pipeline
    const total = phases.get(phase) ?? { phase, runs: 0, durationMs: 0 }
    phases.set(phase, {
      phase,
      runs: total.runs + stages.length,
      durationMs: stages.reduce((sum, stage) => sum + durationOf(stage, pipeline), total.durationMs),
    })
  }
  return [...phases.values()]
}
