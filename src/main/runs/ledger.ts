import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { isDiskFull, StudioError, toStudioError } from '#contract/api/errors.ts'
import { isSettled, isTransition } from '#contract/domain/run-state.ts'
import { importedRunFile, runFile, type RunStatus } from '#contract/domain/run.ts'
import { runFiles } from '#contract/layout.ts'
import { freeBytes } from '#node/disk-space.ts'
import { readJson, readJsonIfPresent } from '#node/json-file.ts'
import type { Executor, Job } from '../executors/executor.ts'
import { readHeartbeat } from '../executors/heartbeat.ts'
import { adoptLog, lineSource, readFacts } from './adopt-log.ts'
import { type Applied, applyLines, type EventTables } from './apply.ts'
import { changeOf } from './event-log.ts'
import { describeInterruption } from './interruption.ts'
import { jobOf, type ProcessRecord, queuedRecord, readProcessRecord, writeProcessRecord } from './process-record.ts'
import { endOf, type RunRow } from './row.ts'
import { statusOf } from './status.ts'
import { lastLines, type Line, readLines } from './tail.ts'

/** More than is shown: V8 writes the cause before a long stack trace. */
const outputLines = 80

/** Keeps the database in step with the folders of the runs. */
export class RunLedger {
  readonly tables: EventTables
  readonly #folder: string

  /** @param folder the folder `runs/` of the workspace */
  constructor(tables: EventTables, folder: string) {
    this.tables = tables
    this.#folder = folder
  }

  folder(id: string): string {
    return join(this.#folder, id)
  }

  row(id: string): RunRow {
    const row = this.tables.runs.get(id)
    if (row === undefined) throw new Error(`The run ${id} is not in the database.`)
    return row
  }

  /**
   * Reads what every run wrote since the studio last looked, and determines the status of each from its folder.
   * @param isIncluded limits it to some runs
   * @returns jobs that are not gone, by run id
   */
  async reconcile(
    executor: Pick<Executor, 'poll'>,
    onProblem: (error: unknown) => void,
    isIncluded: (id: string) => boolean = () => true,
  ): Promise<Map<string, Job>> {
    const jobs = new Map<string, Job>()
    const ids = this.tables.runs
      .list()
      .map(({ id }) => id)
      .filter(isIncluded)
    const attempt = (id: string, step: () => void) => {
      try {
        step()
      } catch (cause) {
        onProblem(cause)
        // What could not be written is read again while the run is followed, or at the next start.
        if (isDiskFull(cause)) return
        // A run that cannot be followed must neither occupy a slot nor start.
        if (!isSettled(this.tables.runs.statusOf(id) ?? 'missing'))
          this.tables.runs.setStatus(id, 'missing', toStudioError(cause).report())
        jobs.delete(id)
      }
    }
    for (const id of ids)
      attempt(id, () => {
        const record = this.#knownRecord(id)
        if (record !== undefined) this.tables.runs.setProcess(id, record)
        const job = record === undefined ? this.#unrecordedJob(id) : jobOf(this.folder(id), record)
        if (job !== undefined) jobs.set(id, job)
      })
    const polled = [...jobs.keys()]
    const states = await executor.poll([...jobs.values()])
    for (const [index, id] of polled.entries()) if (states[index] === 'gone') jobs.delete(id)
    // Events are read after the poll: a process may write its end in between.
    for (const id of ids)
      attempt(id, () => {
        const lost = jobs.has(id) ? undefined : this.#whyLost(id)
        if (lost !== undefined) {
          const isKnown = this.row(id).status === 'missing'
          this.tables.runs.setStatus(id, 'missing', lost.report())
          if (!isKnown) onProblem(lost)
          return
        }
        this.catchUp(id, onProblem)
        if (this.#knownRecord(id) === undefined) this.#restoreRecord(id, jobs.get(id), onProblem)
        const row = this.row(id)
        if (row.recorded_end !== null && row.end_offset === null && !jobs.has(id))
          onProblem(incomplete(row, this.#log(id)))
        this.#write(row, jobs.has(id))
      })
    return jobs
  }

  apply(id: string, lines: readonly Line[]): Applied {
    const last = lines.at(-1)
    return last === undefined
      ? applyLines(this.tables, id, lines)
      : applyLines(this.tables, id, lines, lineSource(this.#log(id), last.end))
  }

  /**
   * Compares `events.jsonl` with what was read of it. If it was cut or replaced, the run is brought into step with it and `onProblem` learns
   * what happened.
   * @returns the byte to read on from, and the step after which followers have to read points again
   */
  compare(id: string, onProblem: (error: unknown) => void): { cursor: number; rewrittenFrom?: number } {
    const { event_cursor, event_mark } = this.row(id)
    const change = changeOf(this.#log(id), event_cursor, event_mark)
    if (change === undefined) return { cursor: event_cursor }
    const { sentence, rewrittenFrom } = adoptLog(this.tables, this.row(id), this.#log(id), change, (changes) => {
      // A damaged record is written again when the events are read.
      const record = this.#knownRecord(id)
      if (record !== undefined) this.record(id, { ...record, ...changes })
    })
    onProblem(new Error(sentence))
    return { cursor: this.row(id).event_cursor, ...(rewrittenFrom === undefined ? {} : { rewrittenFrom }) }
  }

  #log(id: string): string {
    return join(this.folder(id), runFiles.events)
  }

  readRecord(id: string): ProcessRecord | undefined {
    return readProcessRecord(this.folder(id))
  }

  /** Writes the process record of a run to its folder, then to the database. */
  record(id: string, record: ProcessRecord): void {
    writeProcessRecord(this.folder(id), record)
    this.tables.runs.setProcess(id, record)
  }

  /**
   * Writes the status that follows from the run's folder, and returns it with the one before.
   * @throws Error if the table of states has no such transition; the status stays as it is
   */
  settle(id: string, isAlive: boolean): { status: RunStatus; before: RunStatus } {
    const row = this.row(id)
    const status = statusOfRow(row, isAlive)
    if (!isTransition(row.status, status)) throw new Error(`The run ${id} cannot go from ${row.status} to ${status}.`)
    this.#write(row, isAlive)
    return { status, before: row.status }
  }

  /** Writes what an import recorded into the database, about 160 KiB at a time, so that the studio answers in between. */
  async readImport(id: string): Promise<void> {
    const file = join(this.folder(id), runFiles.events)
    for (;;) {
      const lines = readLines(file, this.row(id).event_cursor)
      if (lines.length === 0) return
      this.apply(id, lines)
      await setImmediate()
    }
  }

  #write(row: RunRow, isAlive: boolean): void {
    const status = statusOfRow(row, isAlive)
    this.tables.runs.setStatus(row.id, status, status === 'interrupted' ? this.#interruption(row) : null)
  }

  #interruption(row: RunRow) {
    const output = lastLines(join(this.folder(row.id), runFiles.output), outputLines)
    return describeInterruption({
      runId: row.id,
      step: row.step,
      checkpoints: this.tables.checkpoints.count(row.key),
      exit: row.exit,
      // Its folder may be gone.
      freeBytes: freeBytes(this.#folder),
      output,
      settings: () => this.#settings(row.id),
    })
  }

  #settings(id: string) {
    const file = readJsonIfPresent(join(this.folder(id), runFiles.run), runFile)
    return file === undefined ? undefined : { ...file.task, clip: file.clip }
  }

  /** The process record of a run; undefined if it is missing or damaged. */
  #knownRecord(id: string): ProcessRecord | undefined {
    try {
      return readProcessRecord(this.folder(id))
    } catch (cause) {
      if (cause instanceof StudioError) return undefined
      throw cause
    }
  }

  /** The job that a run may have whose process record is lost: its executor finds the process by other means. */
  #unrecordedJob(id: string): Job | undefined {
    const folder = this.folder(id)
    return existsSync(folder) ? { folder, submittedAt: this.row(id).created_at, handle: null } : undefined
  }

  /** Why the run cannot be used: its `run.json`, without which nothing else of it makes sense, is missing or damaged. */
  #whyLost(id: string): StudioError | undefined {
    const folder = this.folder(id)
    const hint = 'Restore the folder from a backup, then run reindex. Other runs are not affected.'
    if (!existsSync(folder))
      return new StudioError('not-found', `The run ${id} is missing: its folder ${folder} is gone.`, hint)
    try {
      if (readJsonIfPresent(join(folder, runFiles.imported), importedRunFile) === undefined)
        readJson(join(folder, runFiles.run), runFile)
      return undefined
    } catch (cause) {
      if (!(cause instanceof StudioError)) throw cause
      return new StudioError('not-found', `The run ${id} is missing: ${cause.message}`, hint, { cause })
    }
  }

  /**
   * Writes a lost process record again, from the run's events and its process, if one lives. A run with neither is stopped, so that it starts
   * only on request.
   */
  #restoreRecord(id: string, job: Job | undefined, onProblem: (error: unknown) => void): void {
    const { created_at, started_at, event_cursor } = this.row(id)
    const queued = queuedRecord(created_at)
    const isStarted = job !== undefined || event_cursor > 0
    this.record(id, {
      ...queued,
      ...(isStarted
        ? {
            submittedAt: job?.submittedAt ?? started_at ?? created_at,
            eventsFrom: this.#eventsFrom(id, job !== undefined),
            end: endOf(this.row(id)),
          }
        : { stoppedAt: created_at }),
    })
    const from = isStarted
      ? job === undefined
        ? 'from the events of the run'
        : 'for the process that computes it'
      : 'as that of a stopped run'
    onProblem(
      new Error(
        `The file ${join(this.folder(id), runFiles.process)} was missing or damaged. It was written again ${from}.`,
      ),
    )
  }

  /** Size of `events.jsonl` when the last process began: only an end behind it is the end of that process. */
  #eventsFrom(id: string, isAlive: boolean): number {
    const { eventsFrom, ends } = readFacts(this.#log(id))
    const last = ends.at(-1)
    const beganAt = isAlive ? readHeartbeat(this.folder(id))?.startedAt : undefined
    // A process that has not begun to compute comes after every end.
    return last !== undefined && beganAt !== undefined && last.at < beganAt ? last.offset : eventsFrom
  }

  /** Reads the events of a run that were not read. */
  catchUp(id: string, onProblem: (error: unknown) => void): void {
    let { cursor } = this.compare(id, onProblem)
    for (;;) {
      const lines = readLines(this.#log(id), cursor)
      if (lines.length === 0) return
      this.apply(id, lines)
      cursor = this.row(id).event_cursor
    }
  }
}

/** The run ended, as its process record says, and its events do not say so. */
const incomplete = ({ id, step, recorded_end }: RunRow, file: string): Error =>
  new Error(
    `${file} has no end, although the run ${id} ended at step ${recorded_end?.step ?? step}: points may be missing. Restore the file from a backup, then run reindex.`,
  )

function statusOfRow(row: RunRow, isAlive: boolean): RunStatus {
  const { submitted_at, stopped_at, events_from, end_offset, end_status, recorded_end } = row
  return statusOf({
    submittedAt: submitted_at,
    stoppedAt: stopped_at,
    eventsFrom: events_from,
    end: end_offset === null || end_status === null ? null : { offset: end_offset, status: end_status },
    recordedEnd: recorded_end?.status ?? null,
    isEnded: row.asked === 'end',
    isAlive,
  })
}
