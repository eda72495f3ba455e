import { z } from 'zod'
import type { ErrorReport } from '#contract/api/errors.ts'
import { attemptEnvironment, type RunEnvironment } from '#contract/domain/environment.ts'
import { mediaItem, type MediaItem } from '#contract/domain/media.ts'
import { runPriority } from '#contract/domain/queue.ts'
import { type ResourceRequest, resourceRequest, wholeSlot } from '#contract/domain/resources.ts'
import type { RunEvent } from '#contract/domain/run-event.ts'
import { logLevel, type LogLine, type RunFile, runStatus, type RunStatus } from '#contract/domain/run.ts'
import type { Stage } from '#contract/stages/index.ts'
import type { StudioDatabase } from '../database/open.ts'
import type { QueuedRun } from '../scheduler/next-runs.ts'
import type { ProcessRecord } from './process-record.ts'
import { inputIds, runRow, type RunRow } from './row.ts'

/** Columns that the events of a run decide. */
export type EventColumns = Pick<
  RunRow,
  | 'event_cursor'
  | 'event_mark'
  | 'started_at'
  | 'attempt'
  | 'attempt_started_at'
  | 'attempt_at'
  | 'pace_step'
  | 'pace_at'
  | 'step'
  | 'step_at'
  | 'last_at'
  | 'total_steps'
  | 'epochs'
  | 'effective_batch_size'
  | 'engine'
  | 'parameters'
  | 'computed_ms'
  | 'result'
  | 'end_offset'
  | 'end_status'
  | 'end_at'
  | 'end_error'
  | 'early_stop'
  | 'may_stop_early'
>

type JsonColumn = 'result' | 'end_error' | 'early_stop'

/** What the database keeps of a run from the start. A run whose `run.json` is lost has no inputs and no request. */
export interface NewRun extends Pick<RunFile, 'id' | 'pipelineId' | 'inputs' | 'createdAt'> {
  stage: Stage
  dataset: string
  labels: string | null
  preset: string
  request: ResourceRequest | null
  queuedAt: string
}

/** Statements over runs, their log lines and their pictures. */
export class RunQueries {
  readonly #list
  readonly #get
  readonly #ofPipeline
  readonly #queue
  readonly #keyOf
  readonly #statusOf
  readonly #dependants
  readonly #add
  readonly #addInput
  readonly #setProcess
  readonly #setStatus
  readonly #setStopping
  readonly #setEvents
  readonly #addLog
  readonly #log
  readonly #putMedia
  readonly #media
  readonly #rewindMedia
  readonly #eventRemovals
  readonly #removals
  readonly #putAttempt
  readonly #attempts

  constructor(database: StudioDatabase) {
    this.#list = database.prepare<[]>('SELECT * FROM run ORDER BY key')
    this.#get = database.prepare<[string]>('SELECT * FROM run WHERE id = ?')
    this.#ofPipeline = database.prepare<[string]>('SELECT * FROM run WHERE pipeline_id = ? ORDER BY key')
    this.#queue = database.prepare<
      [],
      {
        id: string
        status: string
        queued_at: string
        priority: string
        position: number | null
        is_held: number
        request: string | null
        inputs: string
      }
    >(`
      SELECT id, status, queued_at, priority, position, is_held, request, (SELECT json_group_array(input) FROM run_input WHERE run = key) AS inputs
      FROM run WHERE status IN ('queued', 'running') ORDER BY key`)
    this.#keyOf = database.prepare<[string], { key: number }>('SELECT key FROM run WHERE id = ?')
    this.#statusOf = database.prepare<[string], { status: string }>('SELECT status FROM run WHERE id = ?')
    this.#dependants = database.prepare<[string], { id: string }>(
      'SELECT run.id FROM run_input JOIN run ON run.key = run_input.run WHERE run_input.input = ? ORDER BY run.key',
    )
    this.#addInput = database.prepare<[number | bigint, string]>('INSERT INTO run_input (run, input) VALUES (?, ?)')
    this.#add = database.prepare<Record<string, string | null>>(`
      INSERT INTO run (id, pipeline_id, stage, dataset, labels, preset, inputs, request, created_at, status, queued_at)
      VALUES ($id, $pipelineId, $stage, $dataset, $labels, $preset, $inputs, $request, $createdAt, 'queued', $queuedAt)`)
    this.#setProcess = database.prepare<
      { id: string } & Pick<
        ProcessRecord,
        'queuedAt' | 'stoppedAt' | 'submittedAt' | 'eventsFrom' | 'exit' | 'priority' | 'position' | 'asked'
      > & { end: string | null; isHeld: number }
    >(`
      UPDATE run SET queued_at = $queuedAt, stopped_at = $stoppedAt, submitted_at = $submittedAt, events_from = $eventsFrom, exit = $exit,
        recorded_end = $end, priority = $priority, position = $position, is_held = $isHeld, asked = $asked
      WHERE id = $id AND (queued_at IS NOT $queuedAt OR stopped_at IS NOT $stoppedAt OR submitted_at IS NOT $submittedAt
        OR events_from IS NOT $eventsFrom OR exit IS NOT $exit OR recorded_end IS NOT $end
        OR priority IS NOT $priority OR position IS NOT $position OR is_held IS NOT $isHeld OR asked IS NOT $asked)`)
    // What has not changed is not written: a workspace on a full disk can be looked at.
    this.#setStatus = database.prepare<{ status: RunStatus; interruption: string | null; id: string }>(
      `UPDATE run SET status = $status, interruption = $interruption
       WHERE id = $id AND (status IS NOT $status OR interruption IS NOT $interruption)`,
    )
    this.#setStopping = database.prepare<{ isStopping: number; id: string }>(
      'UPDATE run SET is_stopping = $isStopping WHERE id = $id AND is_stopping IS NOT $isStopping',
    )
    this.#setEvents = database.prepare<
      { key: number } & Omit<EventColumns, JsonColumn> & Record<JsonColumn, string | null>
    >(`
      UPDATE run SET event_cursor = $event_cursor, event_mark = $event_mark, started_at = $started_at, attempt = $attempt, attempt_started_at = $attempt_started_at, attempt_at = $attempt_at,
        pace_step = $pace_step, pace_at = $pace_at, step = $step, step_at = $step_at, last_at = $last_at, total_steps = $total_steps,
        epochs = $epochs, effective_batch_size = $effective_batch_size, engine = $engine, parameters = $parameters, computed_ms = $computed_ms, result = $result,
        end_offset = $end_offset, end_status = $end_status, end_at = $end_at, end_error = $end_error,
        early_stop = $early_stop, may_stop_early = $may_stop_early
      WHERE key = $key`)
    this.#addLog = database.prepare<[number, string, string, string]>(
      'INSERT INTO log_line (run, at, level, message) VALUES (?, ?, ?, ?)',
    )
    this.#log = database.prepare<[number, number], LogLine>(
      'SELECT at, level, message FROM (SELECT * FROM log_line WHERE run = ? ORDER BY id DESC LIMIT ?) ORDER BY id',
    )
    this.#putMedia = database.prepare<[number, number, string, string, string]>(
      'INSERT OR REPLACE INTO media (run, step, kind, video, item) VALUES (?, ?, ?, ?, ?)',
    )
    this.#media = database.prepare<[number], { item: string }>(
      'SELECT item FROM media WHERE run = ? ORDER BY step, kind, video',
    )
    this.#rewindMedia = database.prepare<[number, number]>('DELETE FROM media WHERE run = ? AND step > ?')
    // Chunks go with their series.
    this.#eventRemovals = [
      'DELETE FROM point WHERE series IN (SELECT id FROM series WHERE run = ?)',
      ...['series', 'log_line', 'media', 'checkpoint', 'step_time', 'attempt'].map(
        (table) => `DELETE FROM ${table} WHERE run = ?`,
      ),
      `UPDATE run SET event_cursor = 0, event_mark = NULL, started_at = NULL, attempt = 0, attempt_started_at = NULL, attempt_at = NULL, pace_step = NULL,
        pace_at = NULL, step = 0, step_at = NULL, last_at = NULL, total_steps = NULL, epochs = NULL, effective_batch_size = NULL,
        engine = NULL, parameters = NULL, computed_ms = 0, result = NULL, end_offset = NULL, end_status = NULL, end_at = NULL,
        end_error = NULL, early_stop = NULL, may_stop_early = 0 WHERE key = ?`,
    ].map((statement) => database.prepare<[number]>(statement))
    this.#removals = ['DELETE FROM run_input WHERE run = ?', 'DELETE FROM run WHERE key = ?'].map((statement) =>
      database.prepare<[number]>(statement),
    )
    this.#putAttempt = database.prepare<[number, number, number, string, string, string | null]>(
      'INSERT OR REPLACE INTO attempt (run, attempt, from_step, started_at, engine, environment) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#attempts = database.prepare<
      [number],
      { attempt: number; from_step: number; started_at: string; engine: string; environment: string | null }
    >('SELECT attempt, from_step, started_at, engine, environment FROM attempt WHERE run = ? ORDER BY attempt')
  }

  list(): RunRow[] {
    return this.#list.all().map((row) => runRow.parse(row))
  }

  get(id: string): RunRow | undefined {
    const row = this.#get.get(id)
    return row === undefined ? undefined : runRow.parse(row)
  }

  keyOf(id: string): number | undefined {
    return this.#keyOf.get(id)?.key
  }

  ofPipeline(pipelineId: string): RunRow[] {
    return this.#ofPipeline.all(pipelineId).map((row) => runRow.parse(row))
  }

  /** Runs that wait or compute, in order of launch, as far as the scheduler needs them. */
  queue(): (QueuedRun & { status: RunStatus })[] {
    return this.#queue.all().map(({ id, status, queued_at, priority, position, is_held, request, inputs }) => ({
      id,
      status: runStatus.parse(status),
      queuedAt: queued_at,
      priority: runPriority.parse(priority),
      position,
      isHeld: is_held === 1,
      inputs: z.array(z.string()).parse(JSON.parse(inputs)),
      request: requestFrom(request),
    }))
  }

  statusOf(id: string): RunStatus | undefined {
    const row = this.#statusOf.get(id)
    return row === undefined ? undefined : runStatus.parse(row.status)
  }

  /** Ids of the runs that need the checkpoint of a run. */
  dependants(id: string): string[] {
    return this.#dependants.all(id).map((row) => row.id)
  }

  add({ inputs, request, ...columns }: NewRun): void {
    const { lastInsertRowid } = this.#add.run({
      ...columns,
      inputs: JSON.stringify(inputs),
      request: textOrNull(request),
    })
    for (const input of new Set(inputIds({ inputs }))) this.#addInput.run(lastInsertRowid, input)
  }

  /** Removes a run with everything that its events recorded. */
  remove(key: number): void {
    this.forgetEvents(key)
    for (const statement of this.#removals) statement.run(key)
  }

  /** Removes everything that the events of a run recorded, so that they are read again from the first. */
  forgetEvents(key: number): void {
    for (const statement of this.#eventRemovals) statement.run(key)
  }

  setProcess(id: string, record: ProcessRecord): void {
    const { queuedAt, stoppedAt, submittedAt, eventsFrom, exit, end, priority, position, isHeld, asked } = record
    this.#setProcess.run({
      id,
      queuedAt,
      stoppedAt,
      submittedAt,
      eventsFrom,
      exit,
      end: textOrNull(end),
      priority,
      position,
      isHeld: isHeld ? 1 : 0,
      asked,
    })
  }

  setStatus(id: string, status: RunStatus, interruption: ErrorReport | null): void {
    this.#setStatus.run({ status, interruption: textOrNull(interruption), id })
  }

  setStopping(id: string, isStopping: boolean): void {
    this.#setStopping.run({ isStopping: isStopping ? 1 : 0, id })
  }

  setEvents(key: number, columns: EventColumns): void {
    const { result, end_error, early_stop, ...rest } = columns
    this.#setEvents.run({
      key,
      ...rest,
      result: textOrNull(result),
      end_error: textOrNull(end_error),
      early_stop: textOrNull(early_stop),
    })
  }

  addLog(key: number, line: LogLine): void {
    this.#addLog.run(key, line.at, line.level, line.message)
  }

  /** The last `limit` lines, oldest first. */
  log(key: number, limit: number): LogLine[] {
    return this.#log.all(key, limit).map(({ at, level, message }) => ({ at, level: logLevel.parse(level), message }))
  }

  putMedia(key: number, item: MediaItem): void {
    this.#putMedia.run(key, item.step, item.kind, item.video, JSON.stringify(item))
  }

  media(key: number): MediaItem[] {
    return this.#media.all(key).map(({ item }) => mediaItem.parse(JSON.parse(item)))
  }

  putAttempt(key: number, event: Extract<RunEvent, { type: 'started' }>): void {
    const { attempt, fromStep, at, engine, environment = null } = event
    this.#putAttempt.run(key, attempt, fromStep, at, engine, textOrNull(environment))
  }

  /** Oldest first. */
  attempts(key: number): RunEnvironment['attempts'] {
    return this.#attempts.all(key).map(({ attempt, from_step, started_at, engine, environment }) => ({
      attempt,
      fromStep: from_step,
      startedAt: started_at,
      engine,
      environment: environment === null ? null : attemptEnvironment.parse(JSON.parse(environment)),
    }))
  }

  rewindMedia(key: number, step: number): void {
    this.#rewindMedia.run(key, step)
  }
}

const textOrNull = (document: unknown): string | null => (document === null ? null : JSON.stringify(document))
const requestFrom = (text: string | null): ResourceRequest =>
  text === null ? wholeSlot : resourceRequest.parse(JSON.parse(text))
