import type { ErrorReport } from '#contract/api/errors.ts'
import { mediaItem, type MediaItem } from '#contract/domain/media.ts'
import type { LogLine, RunFile, RunStatus } from '#contract/domain/run.ts'
import { logLevel } from '#contract/domain/run.ts'
import type { StudioDatabase } from '../database/open.ts'
import type { ProcessRecord } from './process-record.ts'
import { runRow, type RunRow } from './row.ts'

/** Columns that the events of a run decide. */
export type EventColumns = Pick<
  RunRow,
  | 'event_cursor'
  | 'started_at'
  | 'attempt'
  | 'attempt_started_at'
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
>

export interface NewRun {
  file: RunFile
  preset: string
  queuedAt: string
}

/** Statements over runs, their log lines and their pictures. */
export class RunQueries {
  readonly #list
  readonly #get
  readonly #ofPipeline
  readonly #add
  readonly #setProcess
  readonly #setStatus
  readonly #setStopping
  readonly #setEvents
  readonly #addLog
  readonly #log
  readonly #putMedia
  readonly #media
  readonly #rewindMedia

  constructor(database: StudioDatabase) {
    this.#list = database.prepare<[]>('SELECT * FROM run ORDER BY key')
    this.#get = database.prepare<[string]>('SELECT * FROM run WHERE id = ?')
    this.#ofPipeline = database.prepare<[string]>('SELECT * FROM run WHERE pipeline_id = ? ORDER BY key')
    this.#add = database.prepare<Record<string, string | null>>(`
      INSERT INTO run (id, pipeline_id, stage, dataset, labels, preset, inputs, created_at, status, queued_at)
      VALUES ($id, $pipelineId, $stage, $dataset, $labels, $preset, $inputs, $createdAt, 'queued', $queuedAt)`)
    this.#setProcess = database.prepare<{ id: string } & Omit<ProcessRecord, 'version' | 'exit'>>(`
      UPDATE run SET queued_at = $queuedAt, stopped_at = $stoppedAt, spawned_at = $spawnedAt, pid = $pid, events_from = $eventsFrom WHERE id = $id`)
    this.#setStatus = database.prepare<[RunStatus, string | null, string]>(
      'UPDATE run SET status = ?, interruption = ? WHERE id = ?',
    )
    this.#setStopping = database.prepare<[number, string]>('UPDATE run SET is_stopping = ? WHERE id = ?')
    this.#setEvents = database.prepare<
      { key: number } & Omit<EventColumns, 'result' | 'end_error'> & { result: string | null; end_error: string | null }
    >(`
      UPDATE run SET event_cursor = $event_cursor, started_at = $started_at, attempt = $attempt, attempt_started_at = $attempt_started_at,
        pace_step = $pace_step, pace_at = $pace_at, step = $step, step_at = $step_at, last_at = $last_at, total_steps = $total_steps,
        epochs = $epochs, effective_batch_size = $effective_batch_size, engine = $engine, parameters = $parameters, computed_ms = $computed_ms, result = $result,
        end_offset = $end_offset, end_status = $end_status, end_at = $end_at, end_error = $end_error
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
  }

  list(): RunRow[] {
    return this.#list.all().map((row) => runRow.parse(row))
  }

  get(id: string): RunRow | undefined {
    const row = this.#get.get(id)
    return row === undefined ? undefined : runRow.parse(row)
  }

  ofPipeline(pipelineId: string): RunRow[] {
    return this.#ofPipeline.all(pipelineId).map((row) => runRow.parse(row))
  }

  add({ file, preset, queuedAt }: NewRun): void {
    const { id, pipelineId, task, dataset, inputs, createdAt } = file
    this.#add.run({
      id,
      pipelineId,
      stage: task.stage,
      dataset: dataset.name,
      labels: dataset.labels,
      preset,
      inputs: JSON.stringify(inputs),
      createdAt,
      queuedAt,
    })
  }

  setProcess(id: string, { queuedAt, stoppedAt, spawnedAt, pid, eventsFrom }: ProcessRecord): void {
    this.#setProcess.run({ id, queuedAt, stoppedAt, spawnedAt, pid, eventsFrom })
  }

  setStatus(id: string, status: RunStatus, interruption: ErrorReport | null): void {
    this.#setStatus.run(status, textOrNull(interruption), id)
  }

  setStopping(id: string, isStopping: boolean): void {
    this.#setStopping.run(isStopping ? 1 : 0, id)
  }

  setEvents(key: number, columns: EventColumns): void {
    const { result, end_error, ...rest } = columns
    this.#setEvents.run({ key, ...rest, result: textOrNull(result), end_error: textOrNull(end_error) })
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

  rewindMedia(key: number, step: number): void {
    this.#rewindMedia.run(key, step)
  }
}

const textOrNull = (document: unknown): string | null => (document === null ? null : JSON.stringify(document))
