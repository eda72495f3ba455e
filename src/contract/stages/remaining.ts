import type { PipelineConfiguration } from '../configuration/pipeline.ts'
import { inputRoles } from '../domain/model-ref.ts'
import type { Overrides } from '../domain/pipeline.ts'
import { inputsOf, withChosenModels } from './chain.ts'
import { type Stage, stages } from './index.ts'

/** What is left of a pipeline from a stage on. Models of its finished stages are taken as they are. */
export function remaining(
  configuration: PipelineConfiguration,
  first: Stage,
  idOf: (stage: Stage) => string,
  isFinished: (stage: Stage) => boolean,
): PipelineConfiguration {
  const left = configuration.stages.filter((stage) => stage === first || !isFinished(stage))
  const inputs = { ...configuration.inputs }
  for (const stage of left)
    for (const { source, sources } of inputsOf(stage, configuration)) {
      if (source?.kind !== 'stage' || left.includes(source.stage)) continue
      // A stage that starts from one of several models names the choice in a field.
      const role = sources.find((other) => 'chosen' in other)?.chosen ?? stages[stage].choice?.role
      if (role !== undefined) inputs[role] = idOf(source.stage)
    }
  const result = { ...withChosenModels({ ...configuration, stages: left }, inputs), stages: left, inputs }
  const used = new Set(
    left.flatMap((stage) =>
      inputsOf(stage, result).flatMap(({ source }) => (source?.kind === 'chosen' ? [source.role] : [])),
    ),
  )
  for (const role of inputRoles) if (!used.has(role)) delete inputs[role]
  return result
}

/** Multiplies the learning rate of a stage. Its final rate stays, unless it would be above the peak. */
export function slower(configuration: PipelineConfiguration, stage: Stage, factor: number): PipelineConfiguration {
  const section = configuration[stage]
  if (!('learningRate' in section)) return configuration
  const learningRate = Number((section.learningRate * factor).toPrecision(3))
  const minLearningRate = Math.min(section.minLearningRate, learningRate)
  return { ...configuration, [stage]: { ...section, learningRate, minLearningRate } }
}

/** The rates of a stage that differ, as a launch records them. */
export function changedRates(stage: Stage, before: PipelineConfiguration, after: PipelineConfiguration): Overrides {
  const [old, now]: Record<string, unknown>[] = [before[stage], after[stage]]
  return Object.fromEntries(
    ['learningRate', 'minLearningRate'].flatMap((key) => {
      const value = now?.[key]
      return typeof value !== 'number' || value === old?.[key] ? [] : [[`${stage}.${key}`, value]]
    }),
  )
}
