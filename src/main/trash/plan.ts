import { StudioError } from '#contract/api/errors.ts'
import { parseRef } from '#contract/domain/model-ref.ts'
import { isSettled } from '#contract/domain/run-state.ts'
import type { RunStatus } from '#contract/domain/run.ts'
import type { KeptRun, TrashItem } from '#contract/domain/trash.ts'
import { formatList } from '#contract/format.ts'
import type { RunRow } from '../runs/row.ts'
import { runIdPattern } from './folder.ts'

export interface TrashPlan {
  readonly kind: TrashItem['kind']
  readonly id: string
  readonly pipelineId: string
  readonly runIds: string[]
}

/** What of some runs and pipelines can be moved, and the runs that stay. */
export interface DividedTrash {
  readonly plans: TrashPlan[]
  /** Those that are active first. */
  readonly kept: KeptRun[]
}

/**
 * What to move for some runs and pipelines: one entry for each run and each pipeline. All runs of a pipeline are the pipeline.
 * A run stays if it is queued or running, or if a run that stays needs its model.
 * @throws StudioError `not-found` for an unknown id, `bad-request` for one that is no name of a folder of runs
 */
export function divideTrash(
  items: readonly TrashItem[],
  rows: readonly RunRow[],
  pipelineIds: ReadonlySet<string>,
  isActive: (runId: string) => boolean,
): DividedTrash {
  const rowsById = new Map(rows.map((row) => [row.id, row]))
  const byPipeline = Map.groupBy(rows, (row) => row.pipeline_id)
  const runsOf = (pipelineId: string) => (byPipeline.get(pipelineId) ?? []).map(({ id }) => id)

  const wholes = new Set<string>()
  const chosen = new Set<string>()
  for (const { kind, id } of items) {
    if (kind === 'pipeline' ? !pipelineIds.has(id) : !rowsById.has(id)) throw unknown(kind, id)
    if (kind === 'pipeline') wholes.add(id)
    for (const run of kind === 'pipeline' ? runsOf(id) : [id]) chosen.add(run)
  }
  const kept = keptOf(
    rows.filter(({ id }) => chosen.has(id)),
    rows,
    isActive,
  )
  for (const { id } of kept) chosen.delete(id)
  for (const [id, runs] of byPipeline)
    if (runs.every((run) => chosen.has(run.id))) wholes.add(id)
    else wholes.delete(id)
  const plans = [
    ...Array.from(wholes, (id): TrashPlan => ({ kind: 'pipeline', id, pipelineId: id, runIds: runsOf(id) })),
    ...rows
      .filter(({ id, pipeline_id }) => chosen.has(id) && !wholes.has(pipeline_id))
      .map(({ id, pipeline_id }): TrashPlan => ({ kind: 'run', id, pipelineId: pipeline_id, runIds: [id] })),
  ]
  return { plans, kept }
}

/** The runs among those to move that stay: active ones, and all that a run that stays needs, directly or through others. */
function keptOf(gone: readonly RunRow[], rows: readonly RunRow[], isActive: (runId: string) => boolean): KeptRun[] {
  for (const { id } of gone) requireRunId(id)
  const kept = new Map<string, KeptRun>()
  for (const { id, status } of gone)
    if (!isSettled(status) || isActive(id))
      kept.set(id, { id, reason: isSettled(status) ? 'ending' : 'active', neededBy: [] })
  const isGone = new Map(gone.filter(({ id }) => !kept.has(id)).map((row) => [row.id, row]))
  const staying = rows.filter(({ id }) => !isGone.has(id))
  // Each run that stays is looked at once; a run that it needs stays as well.
  for (const user of staying)
    for (const id of neededRuns(user)) {
      const known = kept.get(id)
      if (known?.reason === 'needed') known.neededBy.push(user.id)
      const row = isGone.get(id)
      if (row === undefined) continue
      isGone.delete(id)
      kept.set(id, { id, reason: 'needed', neededBy: [user.id] })
      staying.push(row)
    }
  return [...kept.values()]
}

/** Runs whose checkpoints a run takes, whether its newest or a certain one. */
export const neededRuns = ({ inputs }: Pick<RunRow, 'inputs'>): string[] =>
  Object.values(inputs).flatMap((ref) => {
    const parsed = ref === undefined ? undefined : parseRef(ref)
    return parsed === undefined || parsed.kind === 'imported-model' ? [] : [parsed.runId]
  })

function requireRunId(id: string): void {
  if (runIdPattern.test(id)) return
  throw new StudioError(
    'bad-request',
    `The run ${id} cannot be moved to the trash: its id is not that of a run of this workspace.`,
    'Check the file of its pipeline.',
  )
}

const shownNames = 3

/** The error that names a run that stays. */
export function refusalOf({ id, reason, neededBy }: KeptRun, status: RunStatus | undefined): StudioError {
  if (reason === 'active')
    return new StudioError(
      'run-state',
      `The run ${id} is ${status ?? 'active'}, so nothing was moved to the trash.`,
      'Stop the run first, or leave it out.',
    )
  if (reason === 'ending')
    return new StudioError(
      'run-state',
      `The process of the run ${id} has not ended yet, so nothing was moved to the trash.`,
      'Try again in a moment.',
    )
  const names = [
    ...neededBy.slice(0, shownNames),
    ...(neededBy.length > shownNames ? [`${neededBy.length - shownNames} more`] : []),
  ]
  return new StudioError(
    'run-state',
    `The run ${id} stays: ${formatList(names)} ${neededBy.length === 1 ? 'needs' : 'need'} its model. Nothing was moved to the trash.`,
    'Move these runs to the trash as well, or leave this one out. Archive it to hide it from lists.',
  )
}

const unknown = (kind: TrashItem['kind'], id: string): StudioError =>
  new StudioError(
    'not-found',
    `There is no ${kind} ${id}, so nothing was moved to the trash.`,
    'Run ids look like <pipeline>.<stage>; `run list` shows them.',
  )
