import { z } from 'zod'
import type { ErrorReport } from '../api/errors.ts'
import { slug } from '../domain/dataset.ts'
import { type PipelineRequest, runId } from '../domain/pipeline.ts'
import { runStatus, type RunStatus } from '../domain/run.ts'
import { formatQuantity } from '../format.ts'
import { type Start, startSchema, type TuningPoint } from '../stages/starts.ts'
import {
  cellsOf,
  type ExperimentPipeline,
  experimentPipelines,
  gridOf,
  hasSelection,
  launchOf,
  selectionRun,
} from './plan.ts'
import { type ExperimentFile, experimentFile, experimentPhase, type ExperimentRequest } from './request.ts'
import { chooseTuning, type GridResult } from './selection.ts'

/** What is known of a launched run. */
export interface ExperimentRun {
  readonly status: RunStatus
  readonly error: ErrorReport | null
  /** Whether it stays in the queue until it is released. */
  readonly isHeld?: boolean
  /** Runs that it still waits for. */
  readonly waitsFor: readonly string[]
  /** Of the checkpoint that a finished run stands for: a share from 0 to 1, and the loss; null without validation. */
  readonly validation: { readonly top1: number; readonly loss: number } | null
}

/** The runs of an experiment by id; undefined for one that does not exist. */
export type FindRun = (id: string) => ExperimentRun | undefined

/** Validation of every point of the grid of a start on a label set; empty without a selection. */
export function gridResults(request: ExperimentRequest, start: Start, labels: string, find: FindRun): GridResult[] {
  if (!hasSelection(request)) return []
  const results = gridOf(request).map((point) => {
    const id = selectionRun(request, labels, start, point)
    const run = find(id)
    return {
      ...point,
      runId: id,
      status: gridStatus(run),
      top1: run?.status === 'finished' ? (run.validation?.top1 ?? null) : null,
      loss: run?.status === 'finished' ? (run.validation?.loss ?? null) : null,
    }
  })
  const chosen = chooseTuning(results)
  return results.map((result) => ({
    ...result,
    isChosen: result.learningRate === chosen?.learningRate && result.layerDecay === chosen.layerDecay,
  }))
}

function gridStatus(run: ExperimentRun | undefined): GridResult['status'] {
  if (run === undefined || run.status === 'queued' || run.status === 'running') return 'waiting'
  if (run.status === 'finished') return run.validation === null ? 'failed' : 'finished'
  return run.status === 'failed' && run.error?.code === 'diverged' ? 'diverged' : 'failed'
}

/** The chosen values of a start on a label set, or those of the configuration without a selection. */
export function tuningFor(
  request: ExperimentRequest,
  start: Start,
  labels: string,
  find: FindRun,
): TuningPoint | undefined {
  const [only] = gridOf(request)
  if (!hasSelection(request)) return only
  const chosen = gridResults(request, start, labels, find).find(({ isChosen }) => isChosen)
  return chosen === undefined ? undefined : { learningRate: chosen.learningRate, layerDecay: chosen.layerDecay }
}

/**
 * The pipelines to launch now, in order: those that do not exist and whose values are known. Names follow from the request, so that a second
 * call after the launch returns none.
 */
export const pipelinesToLaunch = (
  request: ExperimentRequest,
  exists: (pipelineId: string) => boolean,
  find: FindRun,
): PipelineRequest[] =>
  experimentPipelines(request).flatMap((pipeline) =>
    exists(pipeline.name) ? [] : (launchOf(request, pipeline, tuningOfPipeline(request, pipeline, find)) ?? []),
  )

const tuningOfPipeline = (request: ExperimentRequest, pipeline: ExperimentPipeline, find: FindRun) =>
  pipeline.phase === 'final' ? tuningFor(request, pipeline.start, pipeline.labels, find) : undefined

/** Runs, or probes, of a phase by what they do. */
const phaseProgress = z.object({
  phase: experimentPhase,
  total: z.int(),
  finished: z.int(),
  running: z.int(),
  /** Not launched, or in the queue. */
  waiting: z.int(),
  /** Ended without finishing: failed, stopped, interrupted or missing. Runs of the grid that diverged are among the finished. */
  ended: z.int(),
})
export type PhaseProgress = z.infer<typeof phaseProgress>

/**
 * `running`: something computes or will. `finished`: everything has finished. `stopped`: stopped by the user. `held`: what is left waits for
 * runs that are held in the queue. `blocked`: what is left waits for runs that ended without finishing, or cannot be launched.
 */
export const experimentStatuses = ['running', 'finished', 'stopped', 'held', 'blocked'] as const
export const experimentStatus = z.enum(experimentStatuses)
export type ExperimentStatus = z.infer<typeof experimentStatus>

/** Why an experiment does not continue, or will miss results. */
export const experimentProblem = z.discriminatedUnion('kind', [
  /** A run that ended without finishing. `message` says why, if that is known. */
  z.object({ kind: z.literal('run'), runId: z.string(), status: runStatus, message: z.string().nullable() }),
  /** Runs that are held in the queue. */
  z.object({ kind: z.literal('held'), count: z.int() }),
  /** Every point of a grid diverged. */
  z.object({ kind: z.literal('all-diverged'), start: startSchema, labels: slug }),
  /** The dataset was changed or removed since the launch, so nothing more is launched. */
  z.object({ kind: z.literal('dataset-changed'), dataset: slug, isRemoved: z.boolean() }),
  /** Pipelines of a finished experiment that are no longer in the workspace. */
  z.object({ kind: z.literal('removed'), pipelineIds: z.array(z.string()) }),
  /** A pipeline or a probe could not be started. */
  z.object({ kind: z.literal('not-started'), name: z.string(), message: z.string() }),
])
export type ExperimentProblem = z.infer<typeof experimentProblem>

/** A problem as a sentence. */
export function describeProblem(problem: ExperimentProblem): string {
  switch (problem.kind) {
    case 'run':
      return `The run ${problem.runId} is ${problem.status}.${problem.message === null ? '' : ` ${problem.message}`}`
    case 'held':
      return `${formatQuantity(problem.count, 'run is', 'runs are')} held. Release ${problem.count === 1 ? 'it' : 'them'} in the queue.`
    case 'all-diverged':
      return `All runs of the grid of ${problem.start} on ${problem.labels} diverged. Launch an experiment with lower learning rates.`
    case 'dataset-changed':
      return problem.isRemoved
        ? `The dataset ${problem.dataset} was removed, so nothing more is launched. Import the same files under the same name, then resume the experiment.`
        : `The dataset ${problem.dataset} has changed since the launch, so nothing more is launched. Restore its files and import them again, or launch another experiment.`
    case 'removed':
      return `These pipelines were removed after the experiment had finished: ${problem.pipelineIds.join(', ')}. Restore them from the trash, or resume the experiment to train them again.`
    case 'not-started':
      return `${problem.name} could not be started: ${problem.message}`
  }
}

/** An experiment as listed. */
export const experimentSummary = experimentFile.extend({
  status: experimentStatus,
  phases: z.array(phaseProgress),
  problems: z.array(experimentProblem),
  /** Ids of its launched pipelines, in the order of the plan. */
  pipelineIds: z.array(z.string()),
  /** Computing time of all of its runs so far. */
  durationMs: z.number(),
})
export type ExperimentSummary = z.infer<typeof experimentSummary>

/** What an experiment depends on beside its runs. */
export interface ExperimentFacts {
  readonly find: FindRun
  /** Number of probes that are to be computed, and that are there. */
  readonly probes: { readonly total: number; readonly finished: number; readonly isRunning: boolean }
  /** Problems that are not those of runs. */
  readonly problems: readonly ExperimentProblem[]
}

/** Progress of an experiment, computed from the states of its runs. */
export function progressOf(
  { request, stoppedAt, finishedAt }: Pick<ExperimentFile, 'request' | 'stoppedAt' | 'finishedAt'>,
  { find, probes, problems: others }: ExperimentFacts,
): { status: ExperimentStatus; phases: PhaseProgress[]; problems: ExperimentProblem[] } {
  const phases = new Map<string, PhaseProgress>()
  const problems: ExperimentProblem[] = []
  const removed = new Set<string>()
  let isQueued = false
  let heldCount = 0
  let canLaunch = false
  for (const pipeline of experimentPipelines(request)) {
    const { name, phase, stages } = pipeline
    const progress = phases.get(phase) ?? { phase, total: 0, finished: 0, running: 0, waiting: 0, ended: 0 }
    phases.set(phase, progress)
    for (const stage of stages) {
      progress.total += 1
      const id = runId(name, stage)
      const run = find(id)
      if (run === undefined) {
        progress.waiting += 1
        canLaunch ||= phase !== 'final' || tuningOfPipeline(request, pipeline, find) !== undefined
        if (finishedAt !== null) removed.add(name)
      } else if (run.status === 'finished' || (phase === 'selection' && gridStatus(run) === 'diverged'))
        progress.finished += 1
      else if (run.status === 'running') progress.running += 1
      else if (run.status === 'queued') {
        progress.waiting += 1
        if (run.isHeld === true) heldCount += 1
        isQueued ||= !isHeldBack(run, find) && !isBlocked(run, find)
      } else {
        progress.ended += 1
        // Stopping an experiment stops all of its runs.
        if (run.status === 'stopped' && stoppedAt !== null) continue
        problems.push({ kind: 'run', runId: id, status: run.status, message: run.error?.message ?? null })
      }
    }
  }
  for (const { start, labels } of cellsOf(request)) {
    const results = gridResults(request, start, labels, find)
    if (results.length > 0 && results.every(({ status }) => status === 'diverged'))
      problems.push({ kind: 'all-diverged', start, labels })
    for (const { runId: id } of results.filter(
      (result) => result.status === 'failed' && find(result.runId)?.status === 'finished',
    ))
      problems.push({
        kind: 'not-started',
        name: `The final phase of ${start} on ${labels}`,
        message: `The run ${id} of the grid has no validation.`,
      })
  }
  const runs = [...phases.values()]
  if (probes.total > 0) {
    const { total, finished } = probes
    // The task is still there for a moment after it has stored the last probe.
    const running = probes.isRunning && finished < total ? 1 : 0
    runs.push({ phase: 'probes', total, finished, running, waiting: total - finished - running, ended: 0 })
  }
  if (heldCount > 0) problems.push({ kind: 'held', count: heldCount })
  if (removed.size > 0) problems.push({ kind: 'removed', pipelineIds: [...removed] })
  problems.push(...others)
  const areRunsDone = runs.every(({ phase, total, finished }) => phase === 'probes' || total === finished)
  const willContinue = finishedAt === null && others.length === 0 && (canLaunch || areRunsDone)
  const status = runs.every(({ total, finished }) => total === finished)
    ? 'finished'
    : runs.some(({ running }) => running > 0)
      ? 'running'
      : stoppedAt !== null
        ? 'stopped'
        : isQueued || willContinue
          ? 'running'
          : heldCount > 0
            ? 'held'
            : 'blocked'
  return { status, phases: runs, problems }
}

/** Whether a queued run is held, or waits, directly or not, for one that is. */
const isHeldBack = (run: ExperimentRun, find: FindRun): boolean =>
  run.isHeld === true ||
  run.waitsFor.some((id) => {
    const input = find(id)
    return input?.status === 'queued' && isHeldBack(input, find)
  })

/** Whether a queued run waits, directly or not, for one that ended without finishing. */
function isBlocked(run: ExperimentRun, find: FindRun): boolean {
  return run.waitsFor.some((id) => {
    const input = find(id)
    if (input === undefined) return true
    return input.status === 'queued'
      ? isBlocked(input, find)
      : input.status !== 'running' && input.status !== 'finished'
  })
}
