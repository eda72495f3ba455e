import type { Run } from '#contract/domain/run.ts'
import { startAndFollow, type StudioClient } from './client.ts'
import { followRuns } from './follow.ts'
import { interruptedExitCode, savingSignal } from './interrupt.ts'
import type { Common } from './options.ts'
import { show } from './output.ts'
import { openProgress } from './progress.ts'
import { failureOf, reportOf, reportTable, resumeHint } from './report.ts'

export interface Started {
  pipeline: string
  runIds: string[]
}

/**
 * Starts runs, follows them to their end and shows their results. Ctrl-C asks them to save and stop, then the command to
 * resume them is printed.
 * @param titleOf title of a run in the display; its stage by default
 * @throws StudioError the error of the first run that failed.
 */
export async function runToEnd(
  { workspace, isJson }: Common,
  start: (client: StudioClient) => Promise<Started>,
  titleOf?: (run: Run) => string,
): Promise<void> {
  const interruption = savingSignal()
  const { pipeline, runs } = await startAndFollow(workspace, start, async (client, { pipeline, runIds }) => ({
    pipeline,
    runs: await followRuns(client, runIds, {
      display: openProgress(isJson),
      interruption,
      ...(titleOf === undefined ? {} : { titleOf }),
    }),
  }))
  const reports = runs.map(reportOf)
  show(isJson, { pipeline, runs: reports }, () => reportTable(reports))
  const isFinished = runs.every((run) => run.status === 'finished')
  if (!isJson && !isFinished) {
    for (const { id, isHeld, waitsFor } of runs.filter(({ status }) => status === 'queued'))
      process.stderr.write(
        `${id} stays in the queue: it ${isHeld === true ? `is held. Let it start: run release ${id}` : `waits for ${waitsFor.join(', ')}`}.\n`,
      )
    process.stderr.write(`${resumeHint(runs, workspace)}\n`)
  }
  const failure = failureOf(runs)
  if (failure !== undefined) throw failure
  if (!isFinished) process.exitCode = interruptedExitCode
}
