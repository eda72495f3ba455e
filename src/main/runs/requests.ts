import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDiskFull, StudioError } from '#contract/api/errors.ts'
import type { AskedOfProcess } from '#contract/domain/queue.ts'
import { runFiles } from '#contract/layout.ts'
import { stages } from '#contract/stages/index.ts'
import type { DiskReserve } from '#node/disk-reserve.ts'
import type { RunLedger } from './ledger.ts'
import { queuedRecord } from './process-record.ts'
import { requireState } from './require-state.ts'
import type { RunRow } from './row.ts'

interface RunRequestsOptions {
  readonly ledger: RunLedger
  readonly reserve: DiskReserve
  /** Whether the process of a run does not compute any more. */
  readonly hasHung: (id: string) => boolean
  /** Resolves when the process that a run is about to get has been submitted; at once for any other run. */
  readonly started: (id: string) => Promise<void>
  /** Ends the process of a run at once. */
  readonly cancel: (id: string, why: 'hung' | 'on request') => void
  readonly onChange: (id: string) => void
  /** Determines the status of a run without a process. */
  readonly settle: (id: string) => void
  readonly onProblem: (error: unknown) => void
}

/** What a person asks of the process of a run: to save, to save and end, or to end at once. */
export class RunRequests {
  readonly #options: RunRequestsOptions
  readonly #ledger: RunLedger

  constructor(options: RunRequestsOptions) {
    this.#options = options
    this.#ledger = options.ledger
  }

  /**
   * Asks a running process to save and end; removes a queued run from the queue. A second stop kills a process that does not
   * compute any more.
   * @throws StudioError `run-state` if the run neither waits nor computes
   */
  stop(row: RunRow): void {
    requireState(row, 'stop')
    if (row.status === 'queued') {
      this.#ledger.record(row.id, {
        ...(this.#ledger.readRecord(row.id) ?? queuedRecord(row.queued_at)),
        stoppedAt: new Date().toISOString(),
      })
      this.#options.settle(row.id)
      this.#options.onChange(row.id)
    } else this.#askToSave(row, 'stop')
  }

  /**
   * Asks a running process to save and end, to be continued later: the run is paused then. @throws StudioError `run-state` if it does not
   * compute, or was asked to stop
   */
  pause(row: RunRow): void {
    requireState(row, 'pause')
    this.#askToSave(row, 'pause')
  }

  #askToSave(row: RunRow, asked: 'pause' | 'stop'): void {
    if (row.is_stopping === 1 && this.#options.hasHung(row.id)) this.#options.cancel(row.id, 'hung')
    this.#noteAsked(row, asked)
    writeFileSync(join(this.#ledger.folder(row.id), runFiles.stop), '')
    this.#ledger.tables.runs.setStopping(row.id, true)
    this.#options.onChange(row.id)
  }

  /** Ends the process of a run at once, without saving. @throws StudioError `run-state` if it has none */
  end(row: RunRow): void {
    requireState(row, 'end')
    this.#noteAsked(row, 'end')
    this.#ledger.tables.runs.setStopping(row.id, true)
    this.#options.onChange(row.id)
    void this.#options.started(row.id).then(() => this.#options.cancel(row.id, 'on request'))
  }

  /** Asks a running process to save after its next step and to continue. @throws StudioError `run-state` if it computes nothing that is saved */
  save(row: RunRow): void {
    requireState(row, 'checkpoint')
    if (!stages[row.stage].trains)
      throw new StudioError(
        'run-state',
        `The run ${row.id} is a test, which saves nothing before its end.`,
        'Wait for its end, or stop it: it begins again when it is resumed.',
      )
    writeFileSync(join(this.#ledger.folder(row.id), runFiles.save), '')
  }

  /** Records what was asked of a process. A full disk does not keep it from being stopped. */
  #noteAsked({ id, asked: before, queued_at }: RunRow, asked: AskedOfProcess): void {
    // A stop is what a request means if nothing is recorded.
    if (before === asked || (before === null && asked === 'stop')) return
    const record = { ...(this.#ledger.readRecord(id) ?? queuedRecord(queued_at)), asked }
    this.#ledger.tables.runs.setProcess(id, record)
    try {
      this.#options.reserve.use(() => this.#ledger.record(id, record))
    } catch (cause) {
      if (!isDiskFull(cause)) throw cause
      this.#options.onProblem(cause)
    }
  }

  /** A run that is about to stop shall be queued again when it has saved. */
  requeueWhenSaved(row: RunRow): void {
    this.#noteAsked(row, 'requeue')
    this.#options.onChange(row.id)
  }
}
