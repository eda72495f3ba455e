import type { PipelineConfiguration } from '../configuration/pipeline.ts'
import type { Overrides, PipelineRequest } from '../domain/pipeline.ts'
import { inputsOf, lineageOf, type ResolvedInput } from '../stages/chain.ts'
import { isTrainingStage, type Stage, stageNames } from '../stages/index.ts'
import { withRuns } from '../stages/with-runs.ts'
import type { SweepMember } from './expand.ts'
import { namesOf } from './names.ts'

/** A pipeline that a sweep launches. */
export interface SweepPipeline extends SweepMember {
  /** True if it only trains stages whose models other pipelines of the sweep take. */
  readonly isShared: boolean
}

/**
 * The pipelines of a sweep in the order of their launch. Stages that several members would train identically, and whose models
 * another stage takes, become pipelines of their own before the members; the members take the models of their runs.
 */
export function shareStages(name: string, members: readonly SweepMember[], runIdOf: RunIdOf): SweepPipeline[] {
  const counts = new Map<string, number>()
  for (const { request } of members)
    for (const { key } of shareable(request.configuration)) counts.set(key, (counts.get(key) ?? 0) + 1)
  const shares: Share[] = []
  const made = new Map<string, Share>()
  for (const { request, overrides } of members) {
    const found = shareable(request.configuration).filter(({ key }) => (counts.get(key) ?? 0) > 1 && !made.has(key))
    if (found.length === 0) continue
    const lineage = found.flatMap(({ stage }) => lineageOf(stage, request.configuration))
    const share = { request, trained: found.map(({ stage }) => stage), overrides: relevant(overrides, lineage) }
    shares.push(share)
    for (const { key } of found) made.set(key, share)
  }
  const names = namesOf(
    `${name}-shared`,
    shares.map(({ overrides }) => overrides),
  )
  const runs = new Map(
    [...made].map(([key, share]) => [key, (stage: Stage) => runIdOf(names[shares.indexOf(share)] ?? name, stage)]),
  )
  /** The stages of a configuration whose models come from elsewhere, except those that a share trains itself. */
  const taken = (configuration: PipelineConfiguration, own: readonly Stage[] = []) =>
    new Map(
      shareable(configuration).flatMap(({ stage, key }) => {
        const run = runs.get(key)
        return run === undefined || own.includes(stage) ? [] : [[stage, run(stage)] as const]
      }),
    )
  return [
    ...shares.map((share, index) =>
      pipelineOf(
        names[index] ?? name,
        share,
        withRuns(share.request.configuration, taken(share.request.configuration, share.trained), share.trained),
        true,
      ),
    ),
    ...members.map((member) =>
      pipelineOf(
        member.name,
        member,
        withRuns(member.request.configuration, taken(member.request.configuration)),
        false,
      ),
    ),
  ]
}

type RunIdOf = (pipelineId: string, stage: Stage) => string

interface Share {
  readonly request: PipelineRequest
  readonly trained: readonly Stage[]
  readonly overrides: Overrides
}

const pipelineOf = (
  name: string,
  { request, overrides }: Pick<SweepMember, 'request' | 'overrides'>,
  configuration: PipelineConfiguration,
  isShared: boolean,
): SweepPipeline => ({ name, overrides, isShared, request: { ...request, name, overrides, configuration } })

/** The stages of a configuration that could be shared, each with a key of all that its result depends on. */
function shareable(configuration: PipelineConfiguration): { stage: Stage; key: string }[] {
  const { general, clip, inputs } = configuration
  const consumed = configuration.stages.flatMap((stage) => inputsOf(stage, configuration).flatMap(sourceStage))
  return stageNames
    .filter((stage) => isTrainingStage(stage) && configuration.stages.includes(stage) && consumed.includes(stage))
    .map((stage) => {
      const lineage = lineageOf(stage, configuration).map((name) => [name, configuration[name]])
      return { stage, key: JSON.stringify([stage, general, clip, inputs, lineage]) }
    })
}

const sourceStage = ({ source }: ResolvedInput): Stage[] => (source?.kind === 'stage' ? [source.stage] : [])

/** Overrides of the general settings, the clip and these stages. */
const relevant = (overrides: Overrides, lineage: readonly Stage[]): Overrides =>
  Object.fromEntries(
    Object.entries(overrides).filter(([path]) => {
      const section = path.slice(0, path.indexOf('.'))
      return !stageNames.some((stage) => stage === section && !lineage.includes(stage))
    }),
  )
