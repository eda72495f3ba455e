import type { EarlyStop } from '#contract/domain/early-stopping.ts'
import { describeMetric, type MetricName, type MetricValue } from '#contract/domain/metric.ts'
import * as runState from '#contract/domain/run-state.ts'
import type { Run } from '#contract/domain/run.ts'
import type { Wait } from '#contract/domain/wait.ts'
import { stages, stageTitles } from '#contract/stages/index.ts'
import { formatDuration, formatList, formatNumber } from '../format.ts'
import { contractText, t } from '../language.ts'

export interface StatusLook {
  label: string
  icon: string
  color: 'neutral' | 'primary' | 'success' | 'warning' | 'error'
}

const looks: Record<runState.RunState, Omit<StatusLook, 'label'>> = {
  queued: { icon: 'i-lucide-clock', color: 'neutral' },
  waiting: { icon: 'i-lucide-hourglass', color: 'neutral' },
  held: { icon: 'i-lucide-hand', color: 'neutral' },
  starting: { icon: 'i-lucide-loader-circle', color: 'primary' },
  running: { icon: 'i-lucide-loader-circle', color: 'primary' },
  stalled: { icon: 'i-lucide-circle-alert', color: 'warning' },
  pausing: { icon: 'i-lucide-loader-circle', color: 'warning' },
  stopping: { icon: 'i-lucide-loader-circle', color: 'warning' },
  finished: { icon: 'i-lucide-circle-check', color: 'success' },
  paused: { icon: 'i-lucide-circle-pause', color: 'warning' },
  stopped: { icon: 'i-lucide-circle-stop', color: 'warning' },
  failed: { icon: 'i-lucide-circle-x', color: 'error' },
  diverged: { icon: 'i-lucide-circle-x', color: 'error' },
  missing: { icon: 'i-lucide-folder-x', color: 'error' },
  imported: { icon: 'i-lucide-import', color: 'neutral' },
  interrupted: { icon: 'i-lucide-unplug', color: 'error' },
}

export const statusLook = (run: runState.StateFacts & Pick<Run, 'stoppedEarly'>): StatusLook => {
  const state = runState.stateOf(run)
  return { ...looks[state], label: t(`run.status.${run.stoppedEarly === undefined ? state : 'early'}`) }
}

/** Why a run finished before its last epoch, or for how long it has not computed a step and what it waits for; empty otherwise. */
export function statusNote({
  stoppedEarly,
  stalledMs,
  processWaits,
}: Pick<Run, 'stoppedEarly' | 'stalledMs' | 'processWaits'>): string {
  if (stalledMs !== undefined) {
    const time = formatDuration(stalledMs)
    return processWaits === undefined
      ? t('run.stalled', { time })
      : t('run.stalledOn', { time, what: waitText(processWaits) })
  }
  return stoppedEarly === undefined ? '' : earlyStopText(stoppedEarly)
}

/** What a process waits for, with the video if it is a decoder. */
function waitText({ kind, subject }: Wait): string {
  const what = t(`run.waits.${kind}`)
  return subject === undefined ? what : t('run.waitsSubject', { what, subject })
}

/** As `describeEarlyStop` writes it, in the language of the window. */
function earlyStopText(stop: EarlyStop): string {
  const { label, unit } = describeMetric(stop.monitor)
  const quantity = (value: number): string => `${formatNumber(value)}${unit === '' ? '' : ` ${unit}`}`
  const values = {
    epoch: stop.epoch,
    planned: stop.plannedEpochs,
    metric: lowerFirst(contractText(label)),
    count: stop.patience,
    best: quantity(stop.best),
    bestEpoch: stop.bestEpoch,
  }
  return stop.minImprovement === 0
    ? t('run.earlyStop.any', values)
    : t('run.earlyStop.by', { ...values, least: quantity(stop.minImprovement) })
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

/** Remaining time of a run: `2 min 5 s`, or `≤ 2 min 5 s` if it may end before its last step; empty if it is unknown. */
export const timeLeft = ({ remainingMs, mayStopEarly }: Pick<Run, 'remainingMs' | 'mayStopEarly'>): string =>
  remainingMs === null ? '' : `${mayStopEarly === true ? '≤ ' : ''}${formatDuration(remainingMs)}`

/** Name of a run, with its pipeline. */
export const runLabel = (run: Pick<Run, 'pipelineId' | 'stage'>): string =>
  `${run.pipelineId} · ${contractText(stageTitles[run.stage])}`

/** Completed share of the steps, from 0 to 1; null before the number of steps is known. */
export const progressOf = (run: Pick<Run, 'step' | 'totalSteps'>): number | null =>
  run.totalSteps === null || run.totalSteps === 0 ? null : Math.min(1, run.step / run.totalSteps)

/** The headline metric of a run: the first one that was recorded. */
export function headlineOf(
  run: Pick<Run, 'stage' | 'summaries' | 'result'>,
): { name: MetricName; value: MetricValue } | null {
  if (run.result !== null) return { name: 'test/top1', value: run.result.top1 * 100 }
  for (const name of stages[run.stage].headline) {
    const summary = run.summaries.find((candidate) => candidate.name === name)
    if (summary !== undefined) return { name, value: summary.last }
  }
  return null
}

/** Last recorded value of a metric. */
export const lastOf = (run: Pick<Run, 'summaries'>, name: MetricName): MetricValue | null =>
  run.summaries.find((summary) => summary.name === name)?.last ?? null

/** Samples per second of a run. */
export interface Throughput {
  value: number
  /** False if the run ended before the first measurement: then it is the mean over the whole duration, including startup. */
  isMeasured: boolean
}

/** Throughput of a run; null if it is unknown. */
export function throughputOf(
  run: Pick<Run, 'status' | 'clipsPerSecond' | 'step' | 'effectiveBatchSize' | 'durationMs' | 'result'>,
): Throughput | null {
  if (run.clipsPerSecond !== null) return { value: run.clipsPerSecond, isMeasured: true }
  const samples = run.result?.views ?? run.step * (run.effectiveBatchSize ?? 0)
  return run.status === 'finished' && samples > 0 && run.durationMs > 0
    ? { value: (samples * 1000) / run.durationMs, isMeasured: false }
    : null
}

/** Tooltip for a throughput that was not measured; empty if none is needed. */
export function throughputNote(run: Pick<Run, 'startedAt'>, throughput: Throughput | null): string {
  if (throughput === null) return run.startedAt === null ? '' : t('run.throughput.none')
  return throughput.isMeasured ? '' : t('run.throughput.mean')
}

/** Why a queued run has not started. `find` looks up the runs that it waits for. */
export function waitingFor(
  run: Pick<Run, 'isHeld' | 'waitsFor' | 'waitsForCards'>,
  find: (id: string) => Pick<Run, 'stage' | 'status'> | undefined,
): string {
  if (run.isHeld === true) return t('run.waiting.held')
  if (run.waitsFor.length === 0)
    return run.waitsForCards === undefined ? t('run.waiting.next') : contractText(run.waitsForCards)
  const names = run.waitsFor.map((id) => {
    const other = find(id)
    if (other === undefined) return id
    const stage = contractText(stageTitles[other.stage])
    return other.status === 'running' || other.status === 'queued' || other.status === 'finished'
      ? stage
      : t('run.waiting.run', { stage, status: t(`run.status.${other.status}`).toLowerCase() })
  })
  return t('run.waiting.runs', { runs: formatList(names) })
}
