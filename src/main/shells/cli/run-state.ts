import { memoryGuess, type NextAction, nextAction, stateOf } from '#contract/domain/run-state.ts'
import type { Run } from '#contract/domain/run.ts'
import type { Wait } from '#contract/domain/wait.ts'
import { formatDuration } from '#contract/format.ts'

const memoryTexts = {
  'ran-out': 'It ran out of memory.',
  likely: 'It may have run out of memory: systems kill processes then.',
} as const

const waitTexts: Readonly<Record<Wait['kind'], string>> = {
  videos: 'the check of the videos',
  models: 'its models',
  engine: 'an engine',
  stage: 'the programs of the stage',
  checkpoint: 'a checkpoint to read',
  batch: 'a batch',
  decoding: 'a decoder',
  computing: 'the engine',
  validation: 'a validation',
  picture: 'a picture',
  saving: 'a checkpoint to write',
}

/** What a process waits for, as the end of a sentence: `a decoder (a/1.mp4), for 3 min 2 s`. */
export const waitText = ({ kind, subject, ms }: Wait): string =>
  `${waitTexts[kind]}${subject === undefined ? '' : ` (${subject})`}, for ${formatDuration(ms)}`

const nextTexts: Readonly<Record<NextAction, (run: Run) => string>> = {
  release: ({ id }) => `Let it start: run release ${id}`,
  stop: ({ id }) => `Look at its log, and stop it: run stop ${id}`,
  kill: ({ id }) => `End its process: run stop ${id} --now`,
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
    ...(run.processWaits === undefined ? [] : [`Its process waits for ${waitText(run.processWaits)}.`]),
    ...(run.exit === undefined ? [] : [`Its last process ended with ${run.exit}.`]),
    ...(memory === undefined ? [] : [memoryTexts[memory]]),
    ...(next === undefined ? [] : [nextTexts[next](run)]),
  ].join('\n')
}
