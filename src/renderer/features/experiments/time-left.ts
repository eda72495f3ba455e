import { runId } from '#contract/domain/pipeline.ts'
import type { Run } from '#contract/domain/run.ts'
import { experimentPipelines } from '#contract/experiment/plan.ts'
import type { ExperimentRequest } from '#contract/experiment/request.ts'
import type { Stage } from '#contract/stages/index.ts'
import { meanOf } from '#contract/statistics.ts'

/** A planned run, as far as its duration depends on it. */
interface PlannedRun {
  readonly id: string
  readonly stage: Stage
  readonly labels: string | null
  /** Whether the experiment continues without it if it diverges. */
  readonly isOfGrid: boolean
}

export interface TimeLeft {
  /** Of all runs that have not finished, one after another. */
  readonly durationMs: number
  /** Runs whose duration is unknown, because no run of their stage has finished. */
  readonly unknownRuns: number
}

/**
 * Time until all runs of an experiment have finished: a run that computes has an estimate of its own, every other one takes the mean
 * duration of the finished runs of its stage on its label set, or else on any.
 */
export function timeLeft(request: ExperimentRequest, find: (id: string) => Run | undefined): TimeLeft {
  const planned = experimentPipelines(request).flatMap(({ name, phase, stages, labels }) =>
    stages.map((stage): PlannedRun => ({ id: runId(name, stage), stage, labels, isOfGrid: phase === 'selection' })),
  )
  const durations = new Map<string, number[]>()
  const add = (key: string, durationMs: number) => durations.set(key, [...(durations.get(key) ?? []), durationMs])
  for (const { id, stage, labels } of planned) {
    const run = find(id)
    if (run?.status !== 'finished') continue
    add(stage, run.durationMs)
    add(`${stage} ${labels}`, run.durationMs)
  }
  let durationMs = 0
  let unknownRuns = 0
  for (const { id, stage, labels, isOfGrid } of planned) {
    const run = find(id)
    if (run?.status === 'finished' || (isOfGrid && run?.error?.code === 'diverged')) continue
    const measured = durations.get(`${stage} ${labels}`) ?? durations.get(stage)
    if (run?.status === 'running' && run.remainingMs !== null) durationMs += run.remainingMs
    else if (measured === undefined) unknownRuns += 1
    else durationMs += Math.max(0, meanOf(measured) - (run?.status === 'running' ? run.durationMs : 0))
  }
  return { durationMs, unknownRuns }
}
