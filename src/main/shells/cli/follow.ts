import { runsOfEvent } from '#contract/api/contract.ts'
import { stateOf } from '#contract/domain/run-state.ts'
import type { Run } from '#contract/domain/run.ts'
import { formatDuration } from '#contract/format.ts'
import { stageTitles } from '#contract/stages/index.ts'
import { isSettled, stopRuns } from '../local/open-work.ts'
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
  const stop = () => void stopRuns(client, followed()).catch((cause: unknown) => showError(false, cause))
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
