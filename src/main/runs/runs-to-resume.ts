import { type ErrorReport, StudioError } from '#contract/api/errors.ts'
import { canResume } from '#contract/domain/run-state.ts'
import { errorOf, inputIds, type RunRow } from './row.ts'

type FindRun = (id: string) => RunRow | undefined

/**
 * The runs to queue again so that a run can start: those that it waits for, then the run. None if it is queued or running and so
 * are these, or if it has finished.
 * @throws StudioError `run-state` if it or one that it waits for is missing, diverged or being ended
 */
export function runsToResume(row: RunRow, find: FindRun): RunRow[] {
  if (row.status === 'finished') return []
  if (row.status === 'missing') throw lostRun(row)
  if (row.status === 'imported')
    throw new StudioError(
      'run-state',
      `The run ${row.id} was computed by another program, so it cannot be resumed.`,
      'Import it again to read its new points.',
    )
  if (row.status === 'running') {
    if (row.is_stopping === 0) return []
    // It is queued again when it has saved.
    if (row.asked !== 'end') return [row]
    throw new StudioError(
      'run-state',
      `The process of the run ${row.id} is being ended.`,
      'Resume it when it has ended.',
    )
  }
  const error = errorOf(row)
  if (error?.code === 'diverged') throw divergedRun(row, error)
  const inputs = inputIds(row).flatMap((id) => {
    const input = find(id)
    if (input === undefined)
      throw new StudioError(
        'run-state',
        `The run ${row.id} needs the run ${id}, which is not in this workspace.`,
        `Restore ${id} from a backup, then run reindex.`,
      )
    return runsToResume(input, find)
  })
  return canResume({ status: row.status, isHeld: row.is_held === 1 }) ? [...inputs, row] : inputs
}

/**
 * The runs to queue again so that all of `rows` that can be resumed finish, inputs first and each once.
 * @throws StudioError `run-state` if none can be resumed or is active: the reason of the first
 */
export function allToResume(rows: readonly RunRow[], find: FindRun): RunRow[] {
  const left = new Map<string, RunRow>()
  const refusals: unknown[] = []
  let isActive = false
  for (const row of rows.filter(({ status }) => status !== 'finished')) {
    try {
      for (const resumed of runsToResume(row, find)) left.set(resumed.id, resumed)
      isActive = true
    } catch (cause) {
      refusals.push(cause)
    }
  }
  if (!isActive && refusals.length > 0) throw refusals[0]
  return [...left.values()]
}

/** The error of a run that would compute the same NaN again. */
const divergedRun = ({ id, stage }: RunRow, { message, hint }: ErrorReport): StudioError =>
  new StudioError(
    'run-state',
    `The run ${id} diverged, and would diverge again if it were resumed. ${message}`,
    `Launch it again with other settings, such as pipeline rerun ${id} --set ${stage}.learningRate=VALUE. ${hint}`,
  )

/** The error of a run whose folder is lost. */
function lostRun({ id, interruption }: RunRow): StudioError {
  return new StudioError(
    'run-state',
    interruption?.message ?? `The run ${id} is missing.`,
    interruption?.hint ?? 'Restore its folder from a backup, then run reindex.',
  )
}
