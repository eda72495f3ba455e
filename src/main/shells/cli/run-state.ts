import { memoryGuess, type NextAction, nextAction, stateOf } from '#contract/domain/run-state.ts'
import type { Run } from '#contract/domain/run.ts'
import { formatDuration } from '#contract/format.ts'

const memoryTexts = {
  'ran-out': 'It ran out of memory.',
  likely: 'It may have run out of memory: systems kill processes then.',
} as const

const nextTexts: Readonly<Record<NextAction, (run: Run) => string>> = {
  stop: ({ id }) => `Look at its log, and stop it: run stop ${id}`,
  kill: ({ id }) => `Stop it again to end its process: run stop ${id}`,
  resume: ({ id, checkpointCount }) =>
    `Resume it: run resume ${id}${checkpointCount === 0 ? ' (it has no checkpoint, so it begins again)' : ''}`,
  'free-space': ({ id }) => `Free some space, then resume it: run resume ${id}`,
  relaunch: (run) =>
    stateOf(run) === 'diverged'
      ? `Look at its report: run divergence ${run.id}\nLaunch it again from its last good checkpoint with a lower rate: run relaunch ${run.id}`
      : `Launch it again with other settings: pipeline rerun ${run.id} --set SECTION.KEY=VALUE`,
  restore: () => 'Restore its folder from a backup, then run reindex.',
}

/** What a run is doing, how its process ended, whether memory is a likely cause, and what comes next: one sentence per line. */
export function stateText(run: Run): string {
  const memory = memoryGuess(run)
  const next = nextAction(run)
  return [
    `State: ${stateOf(run)}${run.stalledMs === undefined ? '' : ` (no step for ${formatDuration(run.stalledMs)})`}.`,
    ...(run.exit === undefined ? [] : [`Its last process ended with ${run.exit}.`]),
    ...(memory === undefined ? [] : [memoryTexts[memory]]),
    ...(next === undefined ? [] : [nextTexts[next](run)]),
  ].join('\n')
}
