import type { ChosenInputs } from '../configuration/inputs.ts'
import type { PipelineConfiguration } from '../configuration/pipeline.ts'
import { inputsOf } from './chain.ts'
import { type Stage, stages } from './index.ts'

/**
 * A configuration that takes the models of runs instead of training these stages.
 * @param kept the stages that it runs; by default all others
 */
export function withRuns(
  configuration: PipelineConfiguration,
  runs: ReadonlyMap<Stage, string>,
  kept: readonly Stage[] = configuration.stages.filter((stage) => !runs.has(stage)),
): PipelineConfiguration {
  const inputs: ChosenInputs = {}
  const changed: Record<string, unknown> = {}
  for (const stage of kept)
    for (const { source, sources } of inputsOf(stage, configuration)) {
      if (source?.kind === 'chosen') inputs[source.role] = source.ref
      const run = source?.kind === 'stage' ? runs.get(source.stage) : undefined
      if (run === undefined) continue
      const own = sources.flatMap((candidate) => ('chosen' in candidate ? [candidate.chosen] : [])).at(0)
      const { choice } = stages[stage]
      const role = own ?? choice?.role
      if (role !== undefined) inputs[role] = run
      if (own === undefined && choice !== undefined)
        changed[stage] = { ...configuration[stage], [choice.field]: choice.value }
    }
  const running = configuration.stages.filter((stage) => kept.includes(stage))
  return { ...configuration, ...changed, inputs, stages: running }
}
