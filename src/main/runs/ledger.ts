import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { StudioError, toStudioError } from '#contract/api/errors.ts'
import { isTransition } from '#contract/domain/run-state.ts'
import { importedRunFile, runFile, type RunStatus } from '#contract/domain/run.ts'
import { runFiles } from '#contract/layout.ts'
import { readJson, readJsonIfPresent } from '#node/json-file.ts'
import type { Executor, Job } from '../executors/executor.ts'
import { type Applied, applyLines, type EventTables } from './apply.ts'
import { describeInterruption } from './interruption.ts'
import { jobOf, type ProcessRecord, queuedRecord, readProcessRecord, writeProcessRecord } from './process-record.ts'
import type { RunRow } from './row.ts'
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
        // A run that is not followed must not occupy a slot.
        if (this.tables.runs.statusOf(id) === 'running')
          this.tables.runs.setStatus(id, 'interrupted', toStudioError(cause).report())
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
        this.#catchUp(id)
        if (this.#knownRecord(id) === undefined) this.#restoreRecord(id, onProblem)
        this.#write(this.row(id), jobs.has(id))
      })
    return jobs
  }

  apply(id: string, lines: readonly Line[]): Applied {
    return applyLines(this.tables, id, lines)
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

  /** Writes what an import recorded into the database, about 256 KiB at a time, so that the studio answers in between. */
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
      exit: this.readRecord(row.id)?.exit ?? null,
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

  /** The job of a run whose process record is lost, as far as its heartbeat leads to it; undefined if it has none. */
  #unrecordedJob(id: string): Job | undefined {
    const folder = this.folder(id)
    return existsSync(join(folder, runFiles.heartbeat))
      ? { folder, submittedAt: this.row(id).created_at, handle: null }
      : undefined
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

  /** Writes a lost process record again, from the run's events. A run without events is stopped, so that it starts only on request. */
  #restoreRecord(id: string, onProblem: (error: unknown) => void): void {
    const { created_at, started_at, event_cursor } = this.row(id)
    const queued = queuedRecord(created_at)
    const isStarted = event_cursor > 0
    this.record(id, {
      ...queued,
      ...(isStarted ? { submittedAt: started_at ?? created_at } : { stoppedAt: created_at }),
    })
    onProblem(
      new Error(
        `The file ${join(this.folder(id), runFiles.process)} was missing or damaged. It was written again ${isStarted ? 'from the events of the run' : 'as that of a stopped run'}.`,
      ),
    )
  }

  #catchUp(id: string): void {
    const file = join(this.folder(id), runFiles.events)
    for (;;) {
      const lines = readLines(file, this.row(id).event_cursor)
      if (lines.length === 0) return
      this.apply(id, lines)
    }
  }
}

function statusOfRow(row: RunRow, isAlive: boolean): RunStatus {
  const { submitted_at, stopped_at, events_from, end_offset, end_status } = row
  return statusOf({
    submittedAt: submitted_at,
    stoppedAt: stopped_at,
    eventsFrom: events_from,
    end: end_offset === null || end_status === null ? null : { offset: end_offset, status: end_status },
    isAlive,
  })
}
