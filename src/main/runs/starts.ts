import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isDiskFull, toStudioError } from '#contract/api/errors.ts'
import { runFiles } from '#contract/layout.ts'
import type { DiskReserve } from '#node/disk-reserve.ts'
import type { Allocation, Executor, Job } from '../executors/executor.ts'
import type { Start } from '../scheduler/next-runs.ts'
import { withKeptThreads } from './allocation.ts'
import type { RunLedger } from './ledger.ts'
import { type ProcessRecord, queuedRecord } from './process-record.ts'

interface StartsOptions {
  readonly ledger: RunLedger
  readonly executor: Executor
  readonly reserve: DiskReserve
  /** Determines the status of a run whose process is about to start. */
  readonly settle: (id: string) => void
  /** A process was started. `ended` is its exit, if the executor reports it. */
  readonly onStarted: (id: string, job: Job, ended?: Promise<string>) => void
  readonly onChange: (id: string) => void
  /** The next runs can be chosen. */
  readonly onDone: (id: string) => void
  readonly onProblem: (error: unknown) => void
}

/** How often a queued run is tried again if the disk is too full to write why it did not start. */
const againMs = 2000

/** Starts the processes of runs. A run is marked as running at once; the executor may take longer. */
export class RunStarts {
  readonly #options: StartsOptions
  readonly #starting = new Map<string, { readonly done: Promise<void>; readonly allocation: Allocation }>()
  /** Runs that did not start on a disk that is too full to write it down. */
  readonly #unwritten = new Set<string>()
  #againTimer: NodeJS.Timeout | undefined

  constructor(options: StartsOptions) {
    this.#options = options
  }

  /** What the runs that are about to get a process will compute on. */
  get allocations(): ReadonlyMap<string, { readonly allocation: Allocation }> {
    return this.#starting
  }

  /** Waits until the process of a run is started, or could not be. */
  async done(id: string): Promise<void> {
    await this.#starting.get(id)?.done
  }

  async close(): Promise<void> {
    clearTimeout(this.#againTimer)
    await Promise.allSettled([...this.#starting.values()].map(({ done }) => done))
  }

  start({ id, ...allocation }: Start): void {
    const { ledger, executor, onChange, onDone } = this.#options
    const done = this.#submit(id, withKeptThreads(ledger, id, allocation, executor.describe().processors))
      .then(() => void this.#unwritten.delete(id))
      .catch((cause: unknown) => this.#writeWhyNot(id, cause))
      .finally(() => {
        this.#starting.delete(id)
        onChange(id)
        if (this.#unwritten.has(id)) this.#doneLater(id)
        else onDone(id)
      })
    this.#starting.set(id, { done, allocation })
    onChange(id)
  }

  /** If the disk is too full for that, the run stays in the queue. */
  #writeWhyNot(id: string, cause: unknown): void {
    const { ledger, reserve, onProblem } = this.#options
    const error = toStudioError(cause)
    try {
      reserve.use(() => ledger.tables.runs.setStatus(id, 'interrupted', error.report()))
      this.#unwritten.delete(id)
    } catch (full) {
      if (!isDiskFull(full)) throw full
      if (!this.#unwritten.has(id)) onProblem(error)
      this.#unwritten.add(id)
    }
  }

  #doneLater(id: string): void {
    clearTimeout(this.#againTimer)
    this.#againTimer = setTimeout(() => this.#options.onDone(id), againMs).unref()
  }

  async #submit(id: string, allocation: Allocation): Promise<void> {
    const { ledger, executor, reserve, settle, onStarted, onProblem } = this.#options
    const folder = ledger.folder(id)
    for (const request of [runFiles.stop, runFiles.save]) rmSync(join(folder, request), { force: true })
    const now = new Date().toISOString()
    const before = ledger.readRecord(id) ?? queuedRecord(now)
    const submitting = {
      ...queuedRecord(before.queuedAt),
      priority: before.priority,
      submittedAt: now,
      executor: executor.name,
      handle: executor.reserve(allocation),
      eventsFrom: statSync(join(folder, runFiles.events), { throwIfNoEntry: false })?.size ?? 0,
    } satisfies ProcessRecord
    // Recorded before and after: a studio that dies in between must not start a second process in the same folder.
    ledger.record(id, submitting)
    settle(id)
    const { handle, ended } = await executor.submit(folder, allocation)
    try {
      reserve.use(() => ledger.record(id, { ...submitting, handle }))
    } catch (cause) {
      // The process is followed all the same; a later studio looks for it by its folder.
      if (!isDiskFull(cause)) throw cause
      onProblem(toStudioError(cause))
    }
    onStarted(id, { folder, submittedAt: now, handle }, ended)
  }
}
