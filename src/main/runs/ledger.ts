import { join } from 'node:path'
import { toStudioError } from '#contract/api/errors.ts'
import { runFile, type RunStatus } from '#contract/domain/run.ts'
import { runFiles } from '#contract/layout.ts'
import { readJsonIfPresent } from '#node/json-file.ts'
import { type Applied, applyLines, type EventTables } from './apply.ts'
import { describeInterruption } from './interruption.ts'
import { livingProcess } from './liveness.ts'
import { type ProcessRecord, readProcessRecord, writeProcessRecord } from './process-record.ts'
import type { RunRow } from './row.ts'
import { statusOf } from './status.ts'
import { lastLines, type Line, readLines } from './tail.ts'

/** More than is shown: V8 says what it died of before a long trace. */
const readLinesOfOutput = 80

/** Keeps the database true to the folders of the runs. */
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
   * Reads what every run wrote since the studio last looked, and finds the true status of each.
   * @returns the processes that live, by run id
   */
  reconcile(onProblem: (error: unknown) => void): Map<string, number> {
    const living = new Map<string, number>()
    for (const { id, status } of this.tables.runs.list()) {
      try {
        const record = readProcessRecord(this.folder(id))
        if (record !== undefined) this.tables.runs.setProcess(id, record)
        const pid =
          record === undefined || record.spawnedAt === null ? undefined : livingProcess(this.folder(id), record)
        // Events after the look at the process: it may write its last words in between.
        this.#catchUp(id)
        this.settle(id, pid !== undefined)
        if (pid !== undefined) living.set(id, pid)
      } catch (cause) {
        onProblem(cause)
        // A run that nobody follows must not hold up the queue.
        if (status === 'running') this.tables.runs.setStatus(id, 'interrupted', toStudioError(cause).report())
      }
    }
    return living
  }

  apply(id: string, lines: readonly Line[]): Applied {
    return applyLines(this.tables, id, lines)
  }

  readRecord(id: string): ProcessRecord | undefined {
    return readProcessRecord(this.folder(id))
  }

  /** Writes the studio's own record of a run, first to its folder. */
  record(id: string, record: ProcessRecord): void {
    writeProcessRecord(this.folder(id), record)
    this.tables.runs.setProcess(id, record)
  }

  /** Writes the status that follows from what is known, and returns it with the one before. */
  settle(id: string, isAlive: boolean): { status: RunStatus; before: RunStatus } {
    const row = this.row(id)
    const end =
      row.end_offset === null || row.end_status === null ? null : { offset: row.end_offset, status: row.end_status }
    const status = statusOf({
      spawnedAt: row.spawned_at,
      stoppedAt: row.stopped_at,
      eventsFrom: row.events_from,
      end,
      isAlive,
    })
    const interruption = status === 'interrupted' ? this.#interruption(row) : null
    this.tables.runs.setStatus(id, status, interruption)
    return { status, before: row.status }
  }

  #interruption(row: RunRow) {
    const output = lastLines(join(this.folder(row.id), runFiles.output), readLinesOfOutput)
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

  #catchUp(id: string): void {
    const file = join(this.folder(id), runFiles.events)
    for (;;) {
      const lines = readLines(file, this.row(id).event_cursor)
      if (lines.length === 0) return
      this.apply(id, lines)
    }
  }
}
