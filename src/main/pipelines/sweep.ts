import { setImmediate } from 'node:timers/promises'
import { StudioError, toStudioError } from '#contract/api/errors.ts'
import { type LaunchedPipeline, type PipelineRequest, runId } from '#contract/domain/pipeline.ts'
import { formatQuantity } from '#contract/format.ts'
import { describeSweepProblems, expandSweep, type SweepProblem } from '#contract/sweep/expand.ts'
import type { SweepPlan, SweepRequest } from '#contract/sweep/request.ts'
import { shareStages, type SweepPipeline } from '#contract/sweep/share.ts'

/** Problems that an error names; a sweep may have hundreds. */
const namedProblems = 8

export interface SweepChecks {
  /** Warnings of a pipeline. @throws StudioError if it cannot be launched */
  check(request: PipelineRequest): Promise<readonly string[]>
  /** Whether the name of a pipeline is in use. */
  isTaken(id: string): boolean
}

/**
 * The pipelines of a sweep in the order of their launch, each checked.
 * @throws StudioError `configuration-invalid`, naming all problems at once
 */
export async function planSweep(
  sweep: SweepRequest,
  { check, isTaken }: SweepChecks,
): Promise<{ pipelines: SweepPipeline[]; plan: SweepPlan }> {
  const { members, problems } = expandSweep(sweep)
  const found: SweepProblem[] = [...problems]
  const warnings = new Set<string>()
  for (const { name, request } of members) {
    // A check reads all samples of the dataset: other calls are answered between two of them.
    await setImmediate()
    try {
      for (const warning of await check(request)) warnings.add(warning)
    } catch (cause) {
      if (!(cause instanceof StudioError)) throw cause
      found.push({ member: name, field: '', message: `${cause.message} ${cause.hint}`.trim() })
    }
  }
  const pipelines = sweep.sharesStages
    ? shareStages(sweep.name, members, runId)
    : members.map((member) => ({ ...member, isShared: false }))
  for (const { name } of pipelines)
    if (isTaken(name)) found.push({ member: name, field: 'name', message: 'There is already a pipeline of this name.' })
  if (found.length > 0) throw refused(found)
  return {
    pipelines,
    plan: {
      pipelines: pipelines.map(({ name, overrides, isShared, request }) => ({
        name,
        overrides,
        isShared,
        stages: request.configuration.stages,
      })),
      runCount: runCount(pipelines),
      unsharedRunCount: runCount(members),
      warnings: [...warnings],
    },
  }
}

/** Launches pipelines in order. @throws StudioError that says how many were launched before the first failure */
export async function launchAll(
  pipelines: readonly SweepPipeline[],
  launch: (request: PipelineRequest) => Promise<LaunchedPipeline>,
): Promise<LaunchedPipeline[]> {
  const launched: LaunchedPipeline[] = []
  for (const { name, request } of pipelines) {
    try {
      launched.push(await launch(request))
    } catch (cause) {
      const { code, message, hint } = toStudioError(cause)
      const before =
        launched.length === 0
          ? 'Nothing was launched.'
          : `${launched.length} of ${formatQuantity(pipelines.length, 'pipeline')} were launched before it.`
      throw new StudioError(code, `${name} could not be launched: ${message} ${before}`, hint, { cause })
    }
    await setImmediate()
  }
  return launched
}

function refused(problems: readonly SweepProblem[]): StudioError {
  const sentences = describeSweepProblems(problems)
  const hidden = sentences.length - namedProblems
  return new StudioError(
    'configuration-invalid',
    [...sentences.slice(0, namedProblems), ...(hidden > 0 ? [`And ${hidden} more.`] : [])].join(' '),
    'Nothing was launched. Correct these and try again.',
  )
}

const runCount = (pipelines: readonly { request: PipelineRequest }[]): number =>
  pipelines.reduce((count, { request }) => count + request.configuration.stages.length, 0)
