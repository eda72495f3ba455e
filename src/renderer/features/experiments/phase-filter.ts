import { experimentPipelines } from '#contract/experiment/plan.ts'
import type { ExperimentPhase, ExperimentRequest } from '#contract/experiment/request.ts'
import { stageNames } from '#contract/stages/index.ts'

/** Filter of the table of runs that finds the runs of an experiment. */
export const experimentFilter = ({ name }: Pick<ExperimentRequest, 'name'>): string => `group = ${name}`

/**
 * Filter that finds the runs of one phase: by their stages and, if other phases run these, too, by the names of their pipelines. Undefined
 * for probes, which are no runs.
 */
export function phaseFilter(request: ExperimentRequest, phase: ExperimentPhase): string | undefined {
  if (phase === 'probes') return undefined
  const planned = experimentPipelines(request)
  const stages = stageNames.filter((stage) =>
    planned.some((pipeline) => pipeline.phase === phase && pipeline.stages.includes(stage)),
  )
  const others = planned.some(
    (pipeline) => pipeline.phase !== phase && pipeline.stages.some((stage) => stages.includes(stage)),
  )
  const terms = [experimentFilter(request), ['stage', 'in', `(${stages.join(', ')})`].join(' ')]
  if (others) {
    const isGrid = phase === 'selection'
    terms.push(`${isGrid ? '' : 'not '}pipeline:${request.name}-*-r*-d*`)
  }
  return terms.join(' and ')
}

/** Address of the table of runs with a filter, grouped by what differs. */
export const runsLink = (filter: string) => ({ path: '/runs', query: { filter, group: 'variant' } })
