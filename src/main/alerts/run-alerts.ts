import type { AlertEvent, AlertKind } from '#contract/domain/alert.ts'
import { formatMetric } from '#contract/domain/metric-text.ts'
import { describeMetric } from '#contract/domain/metric.ts'
import type { PlateauRule, PlateauState } from '#contract/domain/plateau.ts'
import { type RunState, stateOf } from '#contract/domain/run-state.ts'
import type { Run } from '#contract/domain/run.ts'
import { formatBytes, formatDuration, formatQuantity } from '#contract/format.ts'
import { stages, stageTitles } from '#contract/stages/index.ts'

/** States about which alerts can be. Not those that a person asked for, and not those of imported runs. */
const kindOfState: Partial<Record<RunState, AlertKind>> = {
  finished: 'finished',
  failed: 'failed',
  interrupted: 'failed',
  diverged: 'diverged',
  stalled: 'stalled',
}

/** The event that the state of a run is; undefined for a state without one. */
export function eventOf(run: Run): AlertEvent | undefined {
  const state = stateOf(run)
  const kind = kindOfState[state]
  if (kind === undefined) return undefined
  const isEnd = kind !== 'stalled'
  return {
    // A run may stall more than once in an attempt.
    id: `${state}:${run.id}:${run.attempt}${isEnd ? '' : `:${run.step}`}`,
    kind,
    at: (isEnd ? run.endedAt : null) ?? new Date().toISOString(),
    message: sentenceOf(run, state),
    isTest: false,
    run: runFacts(run),
  }
}

function sentenceOf(run: Run, state: RunState): string {
  const name = `${stageTitles[run.stage]} of ${run.pipelineId}`
  const at = `at step ${run.step}${run.totalSteps === null ? '' : ` of ${run.totalSteps}`}`
  switch (state) {
    case 'finished': {
      const headline = stages[run.stage].headline
        .map((metric) => run.summaries.find((summary) => summary.name === metric))
        .find((summary) => summary !== undefined)
      const result =
        headline === undefined
          ? ''
          : ` ${describeMetric(headline.name).label}: ${formatMetric(headline.name, headline.last)}.`
      return `${name} ${run.stoppedEarly === undefined ? 'finished' : 'finished early'} after ${formatDuration(run.durationMs)}.${result}`
    }
    case 'stalled':
      return `${name} has stalled ${at}: no step for ${formatDuration(run.stalledMs ?? 0)}.`
    case 'interrupted':
      return `${name} was interrupted ${at}${run.exit === undefined ? '' : ` (${run.exit})`}.`
    default:
      return `${name} ${state} ${at}${run.error === null ? '' : `: ${run.error.message.split('\n')[0] ?? ''}`}`
  }
}

const runFacts = ({ id, pipelineId, stage, step, totalSteps }: Run): NonNullable<AlertEvent['run']> => ({
  id,
  pipeline: pipelineId,
  stage,
  step,
  totalSteps,
})

/** The event that a metric of a run does not improve. */
export function plateauEvent(run: Run, { metric, patience }: PlateauRule, state: PlateauState): AlertEvent {
  const values = metric.startsWith('validation/') ? 'validation' : 'value'
  const { label } = describeMetric(metric)
  return {
    id: `plateau:${run.id}:${metric}:${patience}`,
    kind: 'plateau',
    at: new Date().toISOString(),
    message: `${stageTitles[run.stage]} of ${run.pipelineId}: ${label} has not improved for ${formatQuantity(patience, values)}; best ${formatMetric(metric, state.best)} at step ${state.bestStep}.`,
    isTest: false,
    run: runFacts(run),
    metric: { name: metric, best: state.best, bestStep: state.bestStep },
  }
}

/** The event that the disk of a workspace has little space. */
export function diskEvent(freeBytes: number, limitGib: number): AlertEvent {
  const at = new Date().toISOString()
  return {
    id: `disk-low:${at}`,
    kind: 'disk-low',
    at,
    message: `The disk of the workspace has ${formatBytes(freeBytes)} left, less than ${formatBytes(limitGib * 2 ** 30)}.`,
    isTest: false,
  }
}

export const testEvent = (): AlertEvent => {
  const at = new Date().toISOString()
  return {
    id: `test:${at}`,
    kind: 'finished',
    at,
    message: 'This is a test alert of MVD Studio.',
    isTest: true,
  }
}
