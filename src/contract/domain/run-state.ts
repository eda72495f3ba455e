import type { Run, RunStatus } from './run.ts'

/**
 * What a run is doing. The files of a run give its status; its state says more, and is derived from the run each time it is shown.
 *
 * - `queued` waits for a slot, `waiting` for something that it names: the checkpoint of another run, or a card. `held` is in the queue and does
 *   not start until it is released.
 * - `starting` has a process that has not begun to compute; `stalled` has one that has not computed a step for a long time.
 * - `stopping` was asked to save and end, `pausing` to do so with the intention to continue. They become `stopped` and `paused`.
 * - `diverged` failed because a number became NaN or infinite; computing it again would give the same.
 * - `interrupted` lost its process; of a `missing` run, the folder is gone or unreadable.
 */
export const runStates = [
  'queued',
  'waiting',
  'held',
  'starting',
  'running',
  'stalled',
  'pausing',
  'stopping',
  'paused',
  'stopped',
  'finished',
  'failed',
  'diverged',
  'interrupted',
  'missing',
  'imported',
] as const
export type RunState = (typeof runStates)[number]

/**
 * What moves a run to another state.
 *
 * - The user: `hold` and `release` in the queue; `pause`, `stop` (save and stop), `end` (stop now) and `checkpoint` (save now) while it computes;
 *   `resume`.
 * - The scheduler: `block` and `unblock` when an input or card is missing or there; `start` submits the process.
 * - The process: `begin` computing, `finish`, `save` and end on request, `fail`, `diverge`.
 * - The studio, which watches it: `stall`, `step` when it goes on, and `interrupt` when it disappeared or could not be started.
 */
export const runActions = [
  'hold',
  'release',
  'pause',
  'stop',
  'end',
  'checkpoint',
  'resume',
  'block',
  'unblock',
  'start',
  'begin',
  'finish',
  'save',
  'fail',
  'diverge',
  'stall',
  'step',
  'interrupt',
] as const
export type RunAction = (typeof runActions)[number]

type Transitions = Readonly<Partial<Record<RunAction, RunState>>>

/** How the process of a run may end, whatever the run was doing. */
const endings = {
  finish: 'finished',
  save: 'stopped',
  end: 'stopped',
  fail: 'failed',
  diverge: 'diverged',
  interrupt: 'interrupted',
} as const satisfies Transitions

/** What can be asked of a process that was not asked to end. */
const requests = { pause: 'pausing', stop: 'stopping' } as const satisfies Transitions

/** Every transition of a run. Others are refused. */
export const runTransitions: Readonly<Record<RunState, Transitions>> = {
  queued: { hold: 'held', block: 'waiting', start: 'starting', stop: 'stopped', interrupt: 'interrupted' },
  waiting: { hold: 'held', unblock: 'queued', start: 'starting', stop: 'stopped', interrupt: 'interrupted' },
  held: { release: 'queued', resume: 'queued', stop: 'stopped' },
  starting: { begin: 'running', stall: 'stalled', ...requests, ...endings },
  running: { stall: 'stalled', checkpoint: 'running', ...requests, ...endings },
  stalled: { step: 'running', begin: 'running', checkpoint: 'stalled', ...requests, ...endings },
  // It is queued again when it has saved. A second request ends a process that does not compute.
  pausing: { resume: 'pausing', stop: 'stopping', pause: 'pausing', ...endings, save: 'paused' },
  stopping: { resume: 'pausing', stop: 'stopping', ...endings },
  paused: { resume: 'queued' },
  stopped: { resume: 'queued' },
  failed: { resume: 'queued' },
  interrupted: { resume: 'queued' },
  finished: {},
  diverged: {},
  // A missing folder is noticed when a workspace is opened; a restored one as well. Neither is an action.
  missing: {},
  imported: {},
}

/** The status that the files of a run have in a state. */
export const statusOfState: Readonly<Record<RunState, RunStatus>> = {
  queued: 'queued',
  waiting: 'queued',
  held: 'queued',
  starting: 'running',
  running: 'running',
  stalled: 'running',
  pausing: 'running',
  stopping: 'running',
  paused: 'stopped',
  stopped: 'stopped',
  finished: 'finished',
  failed: 'failed',
  diverged: 'failed',
  interrupted: 'interrupted',
  missing: 'missing',
  imported: 'imported',
}

/** What the state of a run follows from. */
export type StateFacts = Pick<Run, 'status'> &
  Partial<
    Pick<Run, 'isHeld' | 'asked' | 'isStopping' | 'isStarting' | 'stalledMs' | 'waitsFor' | 'waitsForCards'> & {
      error: { readonly code: string } | null
    }
  >

/** The state of a run. */
export function stateOf(run: StateFacts): RunState {
  switch (run.status) {
    case 'queued':
      if (run.isHeld === true) return 'held'
      return (run.waitsFor ?? []).length > 0 || run.waitsForCards !== undefined ? 'waiting' : 'queued'
    case 'running':
      if (run.isStopping === true) return run.asked === 'pause' || run.asked === 'requeue' ? 'pausing' : 'stopping'
      if (run.stalledMs !== undefined) return 'stalled'
      return run.isStarting === true ? 'starting' : 'running'
    case 'stopped':
      return run.asked === 'pause' ? 'paused' : 'stopped'
    case 'failed':
      return run.error?.code === 'diverged' ? 'diverged' : 'failed'
    default:
      return run.status
  }
}

/** States that pass by themselves: what the process does, and what a run waits for. */
const passingStates: readonly RunState[] = ['waiting', 'starting', 'stalled', 'pausing', 'stopping']

/** States that follow from what is stored of a run. */
export const lastingStates: readonly RunState[] = runStates.filter((state) => !passingStates.includes(state))

/** The state of a run; instead of one that passes by itself, its status. */
export function lastingStateOf(run: StateFacts): RunState {
  const state = stateOf(run)
  return passingStates.includes(state) ? statusOfState[state] : state
}

/** The state after an action, or undefined if the table has no such transition. */
export const stateAfter = (state: RunState, action: RunAction): RunState | undefined => runTransitions[state][action]

/** Whether the table leads from one status to the other. A run may always stay as it is. */
export const isTransition = (from: RunStatus, to: RunStatus): boolean =>
  from === to ||
  runStates.some(
    (state) =>
      statusOfState[state] === from && Object.values(runTransitions[state]).some((next) => statusOfState[next] === to),
  )

/** Whether the table has a transition from the state of a run. */
export const can = (run: StateFacts, action: RunAction): boolean => stateAfter(stateOf(run), action) !== undefined

export const canStop = (run: StateFacts): boolean => can(run, 'stop')
/** Whether a resume queues the run. One whose process is about to end is queued after that. */
export const canResume = (run: StateFacts): boolean => stateAfter(stateOf(run), 'resume') === 'queued'

/** Whether the run neither waits nor computes. Its status stays until the user resumes it. */
export const isSettled = (status: RunStatus): boolean => status !== 'queued' && status !== 'running'

/** Whether a process ended because it was killed, as systems do when memory runs out. A shell reports the signal as 128 + 9. */
export const isKilled = (exit: string): boolean => exit === 'signal SIGKILL' || exit === 'exit code 137'

/** Whether memory is why a run ended: `ran-out` if its process said so, `likely` if it was killed. */
export function memoryGuess(run: Pick<Run, 'status' | 'error' | 'exit'>): 'ran-out' | 'likely' | undefined {
  if (run.error?.code === 'out-of-memory') return 'ran-out'
  return run.status === 'interrupted' && run.exit !== undefined && isKilled(run.exit) ? 'likely' : undefined
}

/**
 * What a person does next about a run, if anything:
 *
 * - `release` it, since it is held.
 * - `stop` it; `kill` it, since it was asked to stop and does not compute.
 * - `resume` it, or `free-space` on the disk first.
 * - `relaunch` its stage with other settings, since computing it again would end in the same way.
 * - `restore` its folder from a backup.
 */
export type NextAction = 'release' | 'stop' | 'kill' | 'resume' | 'free-space' | 'relaunch' | 'restore'

export function nextAction(run: StateFacts & Pick<Run, 'error'>): NextAction | undefined {
  switch (stateOf(run)) {
    case 'stalled':
      return 'stop'
    case 'held':
      return 'release'
    case 'pausing':
    case 'stopping':
      return run.stalledMs === undefined ? undefined : 'kill'
    case 'paused':
    case 'stopped':
      return 'resume'
    case 'failed':
    case 'interrupted':
      if (run.error?.code === 'disk-full') return 'free-space'
      return run.error?.code === 'out-of-memory' ? 'relaunch' : 'resume'
    case 'diverged':
      return 'relaunch'
    case 'missing':
      return 'restore'
    case 'queued':
    case 'waiting':
    case 'starting':
    case 'running':
    case 'finished':
    case 'imported':
      return undefined
  }
}
