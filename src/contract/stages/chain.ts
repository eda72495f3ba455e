import type { ChosenInputs } from '../configuration/inputs.ts'
import type { PipelineConfiguration } from '../configuration/pipeline.ts'
import type { InputRole } from '../domain/model-ref.ts'
import type { StageInput } from './definition.ts'
import { type Stage, stageNames, stages } from './index.ts'

/** Source of a model that a stage takes in a given pipeline. */
export type ResolvedSource =
  | { readonly kind: 'chosen'; readonly role: InputRole; readonly ref: string }
  | { readonly kind: 'stage'; readonly stage: Stage }

/** A model that a stage takes, with its source; undefined if the pipeline has none, which the rules report. */
export interface ResolvedInput extends StageInput {
  readonly source: ResolvedSource | undefined
}

/** The models that a stage takes in a pipeline. */
export function inputsOf(stage: Stage, configuration: PipelineConfiguration): ResolvedInput[] {
  return stages[stage]
    .inputs(configuration[stage])
    .map((input) => ({ ...input, source: resolve(input, configuration) }))
}

function resolve(
  { sources }: StageInput,
  { stages: running, inputs }: PipelineConfiguration,
): ResolvedSource | undefined {
  for (const source of sources) {
    if ('chosen' in source) {
      const ref = inputs[source.chosen]
      if (ref !== undefined) return { kind: 'chosen', role: source.chosen, ref }
    } else {
      const stage = running.find((name) => name === source.stage)
      if (stage !== undefined) return { kind: 'stage', stage }
    }
  }
  return undefined
}

/** Stages of the pipeline that the result of a stage depends on, itself included, in the order in which they run. */
export function lineageOf(stage: Stage, configuration: PipelineConfiguration): Stage[] {
  const found = new Set<Stage>()
  const visit = (name: Stage): void => {
    found.add(name)
    for (const { source } of inputsOf(name, configuration)) if (source?.kind === 'stage') visit(source.stage)
  }
  visit(stage)
  return stageNames.filter((name) => found.has(name))
}

/** True if the result of a stage depends on a model in this role, chosen or trained by the pipeline. */
export function dependsOn(stage: Stage, role: InputRole, configuration: PipelineConfiguration): boolean {
  return lineageOf(stage, configuration).some((name) =>
    inputsOf(name, configuration).some(({ source }) =>
      source?.kind === 'chosen'
        ? source.role === role
        : source !== undefined && stages[source.stage].replacedBy === role,
    ),
  )
}

/** The stage that a model chosen for a role makes unnecessary, if there is one. */
export const stageReplacedBy = (role: InputRole): Stage | undefined =>
  stageNames.find((name) => stages[name].replacedBy === role)

/** The stages of a pipeline with the fields that decide which models they take. */
type Chain = { readonly stages: readonly Stage[] } & Readonly<Record<Stage, Readonly<Record<string, unknown>>>>

/**
 * A pipeline that takes the chosen models. Stages that would have made them are left out, as are all stages before one that
 * starts from a chosen model.
 */
export function withChosenModels<C extends Chain>(configuration: C, chosen: ChosenInputs): C {
  const { stages: running } = configuration
  const starting = running.filter((name) => {
    const { choice } = stages[name]
    return choice !== undefined && chosen[choice.role] !== undefined
  })
  const firstStart = starting.length === 0 ? 0 : Math.min(...starting.map((name) => stageNames.indexOf(name)))
  const left = running.filter((name) => {
    const { replacedBy } = stages[name]
    return stageNames.indexOf(name) >= firstStart && (replacedBy === undefined || chosen[replacedBy] === undefined)
  })
  const changed = starting.map((name) => {
    const { choice } = stages[name]
    return [name, choice === undefined ? configuration[name] : { ...configuration[name], [choice.field]: choice.value }]
  })
  return { ...configuration, stages: left, ...Object.fromEntries(changed) }
}
