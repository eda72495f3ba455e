import { StudioError } from '#contract/api/errors.ts'
import { describeEarlyStop } from '#contract/domain/early-stopping.ts'
import type { MetricValue } from '#contract/domain/metric.ts'
import { resultNotes, trainedAccuracy } from '#contract/domain/result.ts'
import type { Run } from '#contract/domain/run.ts'
import { formatDuration } from '#contract/format.ts'
import { stageNames, stageTitles } from '#contract/stages/index.ts'
import { commandLine } from '#node/command-line.ts'
import { formatAccuracy, formatLoss, formatRate } from './format.ts'
import { table } from './output.ts'

/** The result of a run, as in `--json`. */
export interface RunReport {
  id: string
  stage: Run['stage']
  status: Run['status']
  /** Training loss at the last step; null for a test. */
  finalLoss: MetricValue | null
  durationMs: number
  clipsPerSecond: number | null
  /** Shares from 0 to 1; null except for a test. Top-5 is null for fewer than six classes. */
  top1: number | null
  top5: number | null
  /** Top-1 over the classes that had training videos, if not all tested ones had. */
  trainedTop1: number | null
  /** Why it ended early, and what the result does not measure, such as classes without test videos. */
  notes: string[]
}

export const finalLoss = (run: Run): MetricValue | null =>
  run.summaries.find(({ name }) => name === 'train/loss')?.last ?? null

export function reportOf(run: Run): RunReport {
  const { id, stage, status, durationMs, clipsPerSecond, result, stoppedEarly } = run
  return {
    id,
    stage,
    status,
    finalLoss: finalLoss(run),
    durationMs,
    clipsPerSecond,
    top1: result?.top1 ?? null,
    top5: result?.top5 ?? null,
    trainedTop1: result === null ? null : (trainedAccuracy(result)?.top1 ?? null),
    notes: [
      ...(stoppedEarly === undefined ? [] : [describeEarlyStop(stoppedEarly)]),
      ...(result === null ? [] : resultNotes(result)),
    ],
  }
}

/** One row per run, then the notes on their results: the summary after a pipeline has ended. */
export function reportTable(reports: readonly RunReport[]): string {
  const hasTopFive = reports.some(({ top5 }) => top5 !== null)
  const rows = table(
    ['Run', 'Stage', 'Status', 'Final loss', 'Duration', 'Throughput', 'Top-1', ...(hasTopFive ? ['Top-5'] : [])],
    reports.map((run) => [
      run.id,
      stageTitles[run.stage],
      run.status,
      formatLoss(run.finalLoss),
      formatDuration(run.durationMs),
      formatRate(run.clipsPerSecond),
      formatAccuracy(run.top1),
      ...(hasTopFive ? [formatAccuracy(run.top5)] : []),
    ]),
    [3, 4, 5, 6, 7],
  )
  return [rows, ...reports.flatMap(({ id, notes }) => notes.map((note) => `${id}: ${note}`))].join('\n')
}

/** The error of the first run that failed or was interrupted, with the id of the run; undefined if there is none. */
export function failureOf(runs: readonly Run[]): StudioError | undefined {
  const failed = runs.find((run) => run.error !== null)
  if (failed?.error === undefined || failed.error === null) return undefined
  const { code, message, hint } = failed.error
  return new StudioError(code, `${failed.id}: ${message}`, hint)
}

/** The command that resumes runs that did not finish, together with the runs that they wait for, if that can help. */
export function resumeHint(runs: readonly Run[], workspace: string): string {
  const failed = runs.filter((run) => run.status === 'failed')
  const diverged = failed.find((run) => run.error?.code === 'diverged')
  if (diverged !== undefined)
    return `Resuming ${diverged.id} would end in the same way. Launch it again with other settings.`
  const ended = runs.filter((run) => !['finished', 'queued', 'missing'].includes(run.status)).map((run) => run.id)
  const ids = new Set([...runs.flatMap((run) => run.waitsFor), ...ended].toSorted((a, b) => orderOf(a) - orderOf(b)))
  const command = commandLine(['npm', 'run', '-s', 'studio', '--', 'run', 'resume', ...ids, '--workspace', workspace])
  return `${failed.length === 0 ? 'Resume with' : 'When the cause is removed, resume with'}: ${command}`
}

/** Runs are named `<pipeline>.<stage>`; they start in stage order. */
const orderOf = (id: string): number => stageNames.findIndex((stage) => id.endsWith(`.${stage}`))
