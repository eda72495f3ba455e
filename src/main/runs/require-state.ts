import { StudioError } from '#contract/api/errors.ts'
import { type RunAction, stateAfter, stateOf } from '#contract/domain/run-state.ts'
import { errorOf, type RunRow } from './row.ts'

const refusals = {
  stop: { done: 'stopped', hint: 'Only queued and running runs can be stopped.' },
  pause: { done: 'paused', hint: 'Only a run that computes can be paused. One that waits can be held.' },
  end: { done: 'ended', hint: 'Only a run that computes has a process to end.' },
  checkpoint: { done: 'saved', hint: 'Only a run that computes can be saved.' },
  hold: { done: 'held', hint: 'Only a run that waits in the queue can be held. One that computes can be paused.' },
  release: { done: 'released', hint: 'Only a held run can be released.' },
} as const satisfies Partial<Record<RunAction, { done: string; hint: string }>>

/** The state of a run as far as its row tells. */
export const rowState = (row: RunRow) =>
  stateOf({
    status: row.status,
    isHeld: row.is_held === 1,
    isStopping: row.is_stopping === 1,
    isStarting: row.attempt_started_at === null,
    ...(row.asked === null ? {} : { asked: row.asked }),
    error: errorOf(row),
  })

/** @throws StudioError `run-state` if the table of states has no such action in the state of a run */
export function requireState(row: RunRow, action: keyof typeof refusals): void {
  const state = rowState(row)
  const { done, hint } = refusals[action]
  if (stateAfter(state, action) === undefined)
    throw new StudioError('run-state', `The run ${row.id} is ${state}, so it cannot be ${done}.`, hint)
}
