import type { RunStatus } from './run.ts'

/**
 * Actions that change the status of a run. The user stops and resumes; the scheduler starts; the process reports that it
 * finished, stopped or failed; `interrupt` means that the process disappeared or could not be started.
 */
export const runActions = ['start', 'stop', 'resume', 'finish', 'fail', 'interrupt'] as const
export type RunAction = (typeof runActions)[number]

/** Every transition of a run. Others are refused. */
export const runTransitions: Readonly<Record<RunStatus, Readonly<Partial<Record<RunAction, RunStatus>>>>> = {
  queued: { start: 'running', stop: 'stopped', interrupt: 'interrupted' },
  running: { finish: 'finished', stop: 'stopped', fail: 'failed', interrupt: 'interrupted' },
  finished: {},
  stopped: { resume: 'queued' },
  failed: { resume: 'queued' },
  interrupted: { resume: 'queued' },
  // A missing folder is noticed when a workspace is opened; a restored one as well. Neither is an action.
  missing: {},
  imported: {},
}

/** The status after an action, or undefined if the table has no such transition. */
export const statusAfter = (status: RunStatus, action: RunAction): RunStatus | undefined =>
  runTransitions[status][action]

/** Whether some action leads from one status to the other. A run may always stay as it is. */
export const isTransition = (from: RunStatus, to: RunStatus): boolean =>
  from === to || Object.values(runTransitions[from]).includes(to)

export const canStop = (status: RunStatus): boolean => statusAfter(status, 'stop') !== undefined
export const canResume = (status: RunStatus): boolean => statusAfter(status, 'resume') !== undefined

/** Whether the run neither waits nor computes. Its status stays until the user resumes it. */
export const isSettled = (status: RunStatus): boolean => !canStop(status)
