import { isDiskFull } from '#contract/api/errors.ts'
import type { DiskReserve } from '#node/disk-reserve.ts'
import type { Job } from '../executors/executor.ts'
import type { RunLedger } from './ledger.ts'
import { jobOf } from './process-record.ts'
import { endOf } from './row.ts'

interface ProcessEndsOptions {
  readonly ledger: RunLedger
  readonly reserve: DiskReserve
  /** Whether the run has another process, or the studio is closed. */
  readonly isObsolete: (id: string) => boolean
  /** Determines the status of a run without a process. */
  readonly settle: (id: string) => void
  /** The end was written, or could not be now; the queue goes on. */
  readonly onDone: (id: string) => void
  readonly onProblem: (error: unknown) => void
}

/** How often it is tried again on a full disk. */
const againMs = 2000

/** Writes down how the processes of runs ended, also when the disk is full. */
export class ProcessEnds {
  readonly #options: ProcessEndsOptions

  constructor(options: ProcessEndsOptions) {
    this.#options = options
  }

  /** Writes how a process ended. On a full disk, what is reserved is used, and it is tried again until there is space. */
  write(id: string, job: Job, exit: string | null, isAgain = false): void {
    const { reserve, isObsolete, onDone, onProblem } = this.#options
    if (isObsolete(id)) return
    try {
      reserve.use(() => this.#writeOnce(id, job, exit))
      reserve.ensure()
    } catch (cause) {
      if (!isAgain) onProblem(cause)
      if (isDiskFull(cause)) setTimeout(() => this.write(id, job, exit, true), againMs).unref()
    }
    onDone(id)
  }

  #writeOnce(id: string, job: Job, exit: string | null): void {
    const { ledger, settle, onProblem } = this.#options
    ledger.catchUp(id, onProblem)
    const record = ledger.readRecord(id)
    // A run that was resumed meanwhile has a new record, to which this process does not belong.
    const current = record === undefined ? undefined : jobOf(job.folder, record)
    const ended =
      record !== undefined && current?.submittedAt === job.submittedAt
        ? { ...record, exit, end: endOf(ledger.row(id)) }
        : undefined
    // The database first: the status is then right even if the file cannot be written.
    if (ended !== undefined) ledger.tables.runs.setProcess(id, ended)
    ledger.tables.runs.setStopping(id, false)
    settle(id)
    if (ended !== undefined) ledger.record(id, ended)
  }
}
