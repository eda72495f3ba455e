import { z } from 'zod'
import type { PipelineRequest } from '#contract/domain/pipeline.ts'
import type { Stage } from '#contract/stages/index.ts'
import { expandSweep, type SweepExpansion, type SweepProblem } from '#contract/sweep/expand.ts'
import { type SectionField, sectionFields } from '#contract/sweep/fields.ts'
import type { SweepAxis, SweepRequest } from '#contract/sweep/request.ts'
import { shareStages } from '#contract/sweep/share.ts'
import { t } from '../../ui/language.ts'

/** What a sweep varies, while it is edited. */
export const sweepDraft = z.object({
  /** Text of the values by field: `0.75, 0.9`, or `1e-5..1e-3:log`. */
  varied: z.record(z.string(), z.string()),
  seeds: z.int().min(1),
  /** Random combinations; 0 takes all. */
  draws: z.int().min(0),
  sharesStages: z.boolean(),
})
export type SweepDraft = z.infer<typeof sweepDraft>

export const noSweep: SweepDraft = { varied: {}, seeds: 1, draws: 0, sharesStages: true }

/** Whether more than one pipeline is wanted. */
export const isSweep = ({ varied, seeds }: SweepDraft): boolean => seeds > 1 || Object.keys(varied).length > 0

export interface DraftedSweep {
  readonly request: SweepRequest
  readonly problems: readonly SweepProblem[]
  readonly pipelineCount: number
  readonly runCount: number
  /** Runs of each stage. */
  readonly runsOfStage: ReadonlyMap<Stage, number>
  /** Runs that sharing stages saves. */
  readonly savedRuns: number
}

/** The sweep over a pipeline, with its size. Every pipeline has been checked by the rules of a configuration. */
export function draftedSweep(base: PipelineRequest, draft: SweepDraft): DraftedSweep {
  const { name = '', group: _group, overrides: _overrides, ...rest } = base
  const axes = Object.entries(draft.varied).map(([field, text]) => axisOf(field, text))
  const request: SweepRequest = {
    name,
    base: rest,
    axes,
    random: draft.draws === 0 ? null : { count: draft.draws, seed: 0 },
    seeds: draft.seeds,
    sharesStages: draft.sharesStages,
  }
  const { members, problems }: SweepExpansion =
    name === ''
      ? {
          members: [],
          problems: [{ member: null, field: 'name', message: t('pipelines.problems.nameSweep') }],
        }
      : expandSweep(request)
  const launched = draft.sharesStages ? shareStages(name, members, (id, stage) => `${id}.${stage}`) : members
  const runCount = runsOf(launched)
  const runsOfStage = new Map<Stage, number>()
  for (const stage of launched.flatMap(({ request: { configuration } }) => configuration.stages))
    runsOfStage.set(stage, (runsOfStage.get(stage) ?? 0) + 1)
  return {
    request,
    problems,
    pipelineCount: launched.length,
    runCount,
    runsOfStage,
    savedRuns: runsOf(members) - runCount,
  }
}

/** Values that the text of a varied field names; what cannot be read stays text, which the check refuses. */
function axisOf(path: string, text: string): SweepAxis {
  const field = sectionFields.get(path)
  const [, from, to, scale] = /^\s*([^.,]\S*?)\.\.([^.,]\S*?)(:log)?\s*$/.exec(text) ?? []
  if (from !== undefined && to !== undefined && Number.isFinite(Number(from)) && Number.isFinite(Number(to)))
    return { field: path, from: Number(from), to: Number(to), scale: scale === undefined ? 'linear' : 'log' }
  const words = text.split(',').map((word) => word.trim())
  return { field: path, values: words.map((word) => valueOf(field, word)) }
}

function valueOf(field: SectionField | undefined, word: string): number | string | boolean {
  if (field?.kind === 'boolean') return word === 'true' ? true : word === 'false' ? false : word
  const isNumber = field?.kind === 'integer' || field?.kind === 'number'
  return isNumber && word !== '' && Number.isFinite(Number(word)) ? Number(word) : word
}

/** Text that a field begins with when it is varied: its value, or all of its choices. */
export function firstText(path: string, value: number | string | boolean | null): string {
  const field = sectionFields.get(path)
  if (field?.kind === 'boolean') return [true, false].join(', ')
  return field?.kind === 'choice' ? field.options.join(', ') : String(value ?? '')
}

const runsOf = (pipelines: readonly { request: PipelineRequest }[]): number =>
  pipelines.reduce((count, { request }) => count + request.configuration.stages.length, 0)
