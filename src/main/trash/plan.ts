import { StudioError } from '#contract/api/errors.ts'
import { parseRef } from '#contract/domain/model-ref.ts'
import { isSettled } from '#contract/domain/run-state.ts'
import type { TrashItem } from '#contract/domain/trash.ts'
import { formatList } from '#contract/format.ts'
import type { RunRow } from '../runs/row.ts'
import { runIdPattern } from './folder.ts'

export interface TrashPlan {
  readonly kind: TrashItem['kind']
  readonly id: string
  readonly pipelineId: string
  readonly runIds: string[]
}

const shownNames = 3

/**
 * What to move for some runs and pipelines: one entry for each run and each pipeline. All runs of a pipeline are the pipeline.
 * @throws StudioError `not-found` for an unknown id; `run-state` if a run is queued or running, or if a run that stays needs a
 * model of one that goes
 */
export function planTrash(
  items: readonly TrashItem[],
  rows: readonly RunRow[],
  pipelineIds: ReadonlySet<string>,
  isActive: (runId: string) => boolean,
): TrashPlan[] {
  const rowsById = new Map(rows.map((row) => [row.id, row]))
  const byPipeline = new Map<string, string[]>()
  for (const { id, pipeline_id } of rows) byPipeline.set(pipeline_id, [...(byPipeline.get(pipeline_id) ?? []), id])

  const wholes = new Set<string>()
  const chosen = new Set<string>()
  for (const { kind, id } of items) {
    if (kind === 'pipeline' ? !pipelineIds.has(id) : !rowsById.has(id)) throw unknown(kind, id)
    if (kind === 'pipeline') wholes.add(id)
    for (const run of kind === 'pipeline' ? (byPipeline.get(id) ?? []) : [id]) chosen.add(run)
  }
  for (const [id, runIds] of byPipeline) if (runIds.every((run) => chosen.has(run))) wholes.add(id)

  const gone = rows.filter(({ id }) => chosen.has(id))
  for (const row of gone) requireSettled(row, isActive)
  requireUnneeded(chosen, rows)
  return [
    ...Array.from(wholes, (id): TrashPlan => ({
      kind: 'pipeline',
      id,
      pipelineId: id,
      runIds: byPipeline.get(id) ?? [],
    })),
    ...gone
      .filter((row) => !wholes.has(row.pipeline_id))
      .map(({ id, pipeline_id }): TrashPlan => ({ kind: 'run', id, pipelineId: pipeline_id, runIds: [id] })),
  ]
}

/** Runs whose checkpoints a run takes, whether its newest or a certain one. */
export const neededRuns = ({ inputs }: Pick<RunRow, 'inputs'>): string[] =>
  Object.values(inputs).flatMap((ref) => {
    const parsed = ref === undefined ? undefined : parseRef(ref)
    return parsed === undefined || parsed.kind === 'imported-model' ? [] : [parsed.runId]
  })

function requireSettled({ id, status }: RunRow, isActive: (runId: string) => boolean): void {
  if (!runIdPattern.test(id))
    throw new StudioError(
      'bad-request',
      `The run ${id} cannot be moved to the trash: its id is not that of a run of this workspace.`,
      'Check the file of its pipeline.',
    )
  if (isSettled(status) && !isActive(id)) return
  throw new StudioError(
    'run-state',
    isSettled(status)
      ? `The process of the run ${id} has not ended yet, so nothing was moved to the trash.`
      : `The run ${id} is ${status}, so nothing was moved to the trash.`,
    isSettled(status) ? 'Try again in a moment.' : 'Stop the run first, or leave it out.',
  )
}

function requireUnneeded(gone: ReadonlySet<string>, rows: readonly RunRow[]): void {
  for (const id of gone) {
    const users = rows.filter((row) => !gone.has(row.id) && neededRuns(row).includes(id)).map((row) => row.id)
    if (users.length === 0) continue
    const names = [
      ...users.slice(0, shownNames),
      ...(users.length > shownNames ? [`${users.length - shownNames} more`] : []),
    ]
    throw new StudioError(
      'run-state',
      `The run ${id} stays: ${formatList(names)} ${users.length === 1 ? 'needs' : 'need'} its model. Nothing was moved to the trash.`,
      'Move these runs to the trash as well, or leave this one out. Archive it to hide it from lists.',
    )
  }
}

const unknown = (kind: TrashItem['kind'], id: string): StudioError =>
  new StudioError(
    'not-found',
    `There is no ${kind} ${id}, so nothing was moved to the trash.`,
    'Run ids look like <pipeline>.<stage>; `run list` shows them.',
  )
