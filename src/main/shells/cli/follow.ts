import { runsOfEvent } from '#contract/api/contract.ts'
import { toStudioError } from '#contract/api/errors.ts'
import { stateOf } from '#contract/domain/run-state.ts'
import type { Run } from '#contract/domain/run.ts'
import { formatDuration } from '#contract/format.ts'
import { stageTitles } from '#contract/stages/index.ts'
import type { StudioClient } from './client.ts'
import { formatLoss, formatRate, formatAccuracy } from './format.ts'
import { showError } from './output.ts'
import type { ProgressDisplay, ProgressItem } from './progress.ts'
import { finalLoss } from './report.ts'

export interface FollowOptions {
  display: ProgressDisplay
  /** When it aborts, all running and queued runs are asked to save and stop. */
  interruption: AbortSignal
  /** Title of a run in the display; its stage by default. */
  titleOf?: (run: Run) => string
}

/** Watches runs until none of them can continue. Returns their last state, in the given order. */
export async function followRuns(
  client: StudioClient,
  ids: readonly string[],
  { display, interruption, titleOf = stageOf }: FollowOptions,
): Promise<Run[]> {
  /** Every run of the workspace: a followed one may wait for one that is not. */
  const known = new Map<string, Run>()
  const note = (run: Run) => void known.set(run.id, run)
  const followed = () => ids.map((id) => known.get(id)).filter((run) => run !== undefined)
  const stop = () => void stopAll(client, followed()).catch((cause: unknown) => showError(false, cause))
  if (!interruption.aborted) interruption.addEventListener('abort', stop, { once: true })
  try {
    for await (const event of await client.runs.watch({})) {
      for (const run of runsOfEvent(event)) note(run)
      if (event.type === 'snapshot' && interruption.aborted) stop()
      // Changes arrive one by one, so between two of them runs can look settled although they are not.
      if (isSettled(followed(), known)) for (const run of await client.runs.list({})) note(run)
      display.update(followed().map((run) => progressOf(run, titleOf(run))))
      if (isSettled(followed(), known)) break
    }
    return followed()
  } finally {
    interruption.removeEventListener('abort', stop)
    display.close()
  }
}

/** Whether no run is running and every queued one is held or waits, directly or not, for a run that is held or ended without finishing. */
export function isSettled(runs: readonly Run[], known: ReadonlyMap<string, Run>): boolean {
  const isBlocked = (run: Run): boolean =>
    run.isHeld === true ||
    run.waitsFor.some((id) => {
      const input = known.get(id)
      // A run that is not in the workspace will never finish.
      if (input === undefined) return true
      return input.status === 'queued' ? isBlocked(input) : input.status !== 'running' && input.status !== 'finished'
    })
  return runs.every((run) => run.status !== 'running' && (run.status !== 'queued' || isBlocked(run)))
}

/** Stops queued runs first, so that none starts when the running one ends. */
async function stopAll(client: StudioClient, runs: readonly Run[]): Promise<void> {
  for (const status of ['queued', 'running'] as const) {
    for (const { id } of runs.filter((run) => run.status === status)) {
      try {
        await client.runs.stop({ id })
      } catch (cause) {
        // The run may have ended in the meantime.
        if (toStudioError(cause instanceof Error && 'data' in cause ? cause.data : cause).code !== 'run-state')
          throw cause
      }
    }
  }
}

const stageOf = (run: Run): string => stageTitles[run.stage]

/** The bar of a run. */
export function progressOf(run: Run, title: string): ProgressItem {
  return {
    id: run.id,
    title,
    done: run.step,
    total: run.totalSteps,
    detail: detailOf(run),
    isMoving: run.status === 'running' && run.totalSteps !== null,
  }
}

function detailOf(run: Run): string {
  const loss = finalLoss(run)
  const lossPart = loss === null ? [] : [`loss ${formatLoss(loss)}`]
  switch (run.status) {
    case 'queued':
      return run.isHeld === true ? 'held' : (run.waitsForCards ?? 'waiting')
    case 'running': {
      const left = run.isStopping
        ? stateOf(run)
        : run.stalledMs !== undefined
          ? `stalled: no step for ${formatDuration(run.stalledMs)}`
          : run.remainingMs === null
            ? run.isStarting === true || run.totalSteps === null
              ? 'starting'
              : ''
            : `${run.mayStopEarly === true ? '≤ ' : ''}${formatDuration(run.remainingMs)} left`
      return [
        ...lossPart,
        ...(run.clipsPerSecond === null ? [] : [formatRate(run.clipsPerSecond)]),
        ...(left === '' ? [] : [left]),
      ].join(' · ')
    }
    case 'finished':
      return [
        ...lossPart,
        ...(run.result === null ? [] : [`top-1 ${formatAccuracy(run.result.top1)}`]),
        `${run.stoppedEarly === undefined ? 'done' : 'stopped early'} in ${formatDuration(run.durationMs)}`,
      ].join(' · ')
    default:
      return stateOf(run)
  }
}
