import { z } from 'zod'
import { errorReport } from '#contract/api/errors.ts'
import { slug } from '#contract/domain/dataset.ts'
import { earlyStop } from '#contract/domain/early-stopping.ts'
import { decodeMetric, type MetricSummary } from '#contract/domain/metric.ts'
import { parseRef } from '#contract/domain/model-ref.ts'
import { organization, unorganized } from '#contract/domain/organization.ts'
import { askedOfProcess, runPriority } from '#contract/domain/queue.ts'
import { testResult } from '#contract/domain/result.ts'
import { endStatus } from '#contract/domain/run-event.ts'
import { type Run, runInputs, runStatus } from '#contract/domain/run.ts'
import type { Wait } from '#contract/domain/wait.ts'
import { stageSchema } from '#contract/stages/index.ts'
import type { StepTime } from '../metrics/times.ts'
import { seenEnd, type SeenEnd } from './process-record.ts'
import { remainingMs } from './progress.ts'

const parsed = <S extends z.ZodType>(schema: S) =>
  z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(schema)

/** A row of the table `run`. The migrations say which file each column comes from. */
export const runRow = z.object({
  key: z.int(),
  id: z.string(),
  pipeline_id: slug,
  stage: stageSchema,
  dataset: slug,
  labels: slug.nullable(),
  preset: slug,
  inputs: parsed(runInputs),
  created_at: z.string(),
  status: runStatus,
  is_stopping: z.int(),
  interruption: parsed(errorReport).nullable(),
  queued_at: z.string(),
  stopped_at: z.string().nullable(),
  submitted_at: z.string().nullable(),
  events_from: z.int(),
  event_cursor: z.int(),
  started_at: z.string().nullable(),
  attempt: z.int(),
  attempt_started_at: z.string().nullable(),
  attempt_at: z.string().nullable(),
  pace_step: z.int().nullable(),
  pace_at: z.string().nullable(),
  step: z.int(),
  step_at: z.string().nullable(),
  last_at: z.string().nullable(),
  total_steps: z.int().nullable(),
  epochs: z.int().nullable(),
  effective_batch_size: z.int().nullable(),
  engine: z.string().nullable(),
  parameters: z.int().nullable(),
  computed_ms: z.number(),
  result: parsed(testResult).nullable(),
  end_offset: z.int().nullable(),
  end_status: endStatus.nullable(),
  end_at: z.string().nullable(),
  end_error: parsed(errorReport).nullable(),
  early_stop: parsed(earlyStop).nullable(),
  may_stop_early: z.int(),
  exit: z.string().nullable(),
  recorded_end: parsed(seenEnd).nullable(),
  event_mark: z.string().nullable(),
  organization: parsed(organization).nullable(),
  priority: runPriority,
  position: z.number().nullable(),
  is_held: z.int(),
  asked: askedOfProcess.nullable(),
})
export type RunRow = z.infer<typeof runRow>

/** Runs that must finish before this one can start. Imported models and checkpoints exist already. */
export const inputIds = (row: Pick<RunRow, 'inputs'>): string[] =>
  Object.values(row.inputs).filter((ref): ref is string => ref !== undefined && parseRef(ref).kind === 'run')

/** Time of a step that was recorded at an ISO time during the current attempt; undefined if the run is not in an attempt. */
export function timeOf(
  row: Pick<RunRow, 'started_at' | 'attempt_started_at' | 'computed_ms'>,
  step: number,
  at: string,
): StepTime | undefined {
  if (row.started_at === null || row.attempt_started_at === null) return undefined
  const atMs = Date.parse(at)
  const since = (start: string): number => Math.max(0, atMs - Date.parse(start))
  const computeMs = row.computed_ms + since(row.attempt_started_at)
  // A clock that was set back between two attempts must not make a pause negative.
  return { step, wallMs: Math.max(computeMs, since(row.started_at)), computeMs }
}

export interface RunSurroundings {
  summaries: MetricSummary[]
  checkpointCount: number
  /** Inputs of the run that have not finished. */
  waitsFor: string[]
  waitsForCards: string | undefined
  /** Time since the studio read the last event of a running run, by a clock that only goes forward. */
  sinceEventMs: number
  stalledMs: number | undefined
  /** What the process of a stalled run waits for. */
  processWaits: Wait | undefined
  /** Step of its newest checkpoint, and the computing time until then, of a running run that has one. */
  saved: Pick<StepTime, 'step' | 'computeMs'> | undefined
}

/** The run as the API shows it. */
export function describeRun(
  row: RunRow,
  {
    summaries,
    checkpointCount,
    waitsFor,
    waitsForCards,
    sinceEventMs,
    stalledMs,
    processWaits,
    saved,
  }: RunSurroundings,
): Run {
  const isRunning = row.status === 'running'
  const clipsPerSecond = summaries.find((summary) => summary.name === 'speed/clips-per-second')
  return {
    id: row.id,
    pipelineId: row.pipeline_id,
    stage: row.stage,
    dataset: row.dataset,
    labels: row.labels,
    preset: row.preset,
    status: row.status,
    isStopping: isRunning && row.is_stopping === 1,
    ...(isRunning && row.attempt_started_at === null ? { isStarting: true } : {}),
    ...(isRunning && stalledMs !== undefined ? { stalledMs } : {}),
    ...(isRunning && stalledMs !== undefined && processWaits !== undefined ? { processWaits } : {}),
    ...(row.asked === null ? {} : { asked: row.asked }),
    ...(row.status === 'queued' && row.is_held === 1 ? { isHeld: true } : {}),
    ...(row.priority === 'normal' ? {} : { priority: row.priority }),
    ...(isRunning && row.attempt_started_at !== null
      ? {
          unsaved: {
            fromStep: saved?.step ?? 0,
            // Earlier attempts may have lost steps: their time is not lost once more.
            ms: Math.max(0, durationOf(row, sinceEventMs) - Math.max(row.computed_ms, saved?.computeMs ?? 0)),
          },
        }
      : {}),
    ...(row.exit === null ? {} : { exit: row.exit }),
    waitsFor: row.status === 'queued' ? waitsFor : [],
    ...(row.status === 'queued' && waitsForCards !== undefined ? { waitsForCards } : {}),
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: endedAt(row),
    attempt: row.attempt,
    step: row.step,
    totalSteps: row.total_steps,
    epochs: row.epochs,
    ...(isRunning && row.may_stop_early === 1 ? { mayStopEarly: true } : {}),
    ...(row.early_stop === null || row.status !== 'finished' ? {} : { stoppedEarly: row.early_stop }),
    effectiveBatchSize: row.effective_batch_size,
    engine: row.engine,
    parameters: row.parameters,
    clipsPerSecond: clipsPerSecond === undefined ? null : finiteOrNull(decodeMetric(clipsPerSecond.last)),
    remainingMs: isRunning ? remaining(row) : null,
    durationMs: durationOf(row, sinceEventMs),
    checkpointCount,
    summaries,
    result: row.result,
    error: errorOf(row),
    organization: row.organization ?? unorganized,
  }
}

/** Why a run failed, was interrupted or is missing; null for any other status. */
export const errorOf = (row: RunRow): Run['error'] =>
  row.status === 'failed' ? (endOf(row)?.error ?? null) : isLost(row) ? row.interruption : null

/** How the last process of a run ended, from its events or else from its process record; null if neither says so. */
export function endOf(row: RunRow): SeenEnd | null {
  const { end_offset, events_from, end_status: status, end_at: at, step, end_error: error } = row
  if (end_offset === null || end_offset <= events_from || status === null || at === null) return row.recorded_end
  return { status, at, step, error }
}

const isLost = ({ status }: RunRow): boolean => status === 'interrupted' || status === 'missing'

function endedAt(row: RunRow): string | null {
  switch (row.status) {
    case 'queued':
    case 'running':
      return null
    case 'interrupted':
    case 'missing':
      return row.last_at ?? row.submitted_at
    case 'stopped':
      if (row.submitted_at === null) return row.stopped_at
      // A process that was ended at once wrote no end.
      return row.asked === 'end' ? (row.last_at ?? row.submitted_at) : (endOf(row)?.at ?? null)
    case 'imported':
    case 'finished':
    case 'failed':
      return endOf(row)?.at ?? null
  }
}

/** Computing time of all attempts so far; with the time since the last event if the run computes and that is known. */
export const durationOf = (row: RunRow, sinceEventMs = 0): number =>
  row.computed_ms + openAttemptMs(row, row.status === 'running' ? sinceEventMs : 0)

/** Duration of the attempt that has not ended: until its last event, and since then if it runs. */
function openAttemptMs(row: RunRow, sinceEventMs: number): number {
  if (row.attempt_started_at === null) return 0
  const lastMs = Date.parse(row.attempt_at ?? row.last_at ?? row.attempt_started_at)
  return Math.max(0, lastMs - Date.parse(row.attempt_started_at)) + sinceEventMs
}

function remaining(row: RunRow): number | null {
  if (row.pace_step === null || row.pace_at === null || row.step_at === null || row.total_steps === null) return null
  return remainingMs({
    fromStep: row.pace_step,
    fromMs: Date.parse(row.pace_at),
    step: row.step,
    atMs: Date.parse(row.step_at),
    totalSteps: row.total_steps,
  })
}

const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null)
