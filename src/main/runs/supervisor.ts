import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FollowEvent } from '#contract/api/contract.ts'
import { StudioError, toStudioError } from '#contract/api/errors.ts'
import { runFiles } from '#contract/layout.ts'
import type { StartRun } from '../executors/local.ts'
import { Broadcast } from '../streams/broadcast.ts'
import type { Applied } from './apply.ts'
import type { RunLedger } from './ledger.ts'
import { livingProcess, silentMs } from './liveness.ts'
import { RunMonitor } from './monitor.ts'
import { type ProcessRecord, queuedRecord } from './process-record.ts'
import { inputIds, type RunRow } from './row.ts'
import { nextRun } from './scheduler.ts'

export interface SupervisorOptions {
  readonly ledger: RunLedger
  readonly start: StartRun
  /** False leaves the queue as it is. */
  readonly startsRuns: boolean
  readonly onProblem: (error: unknown) => void
}

const hangsAfterMs = 60_000

/** Keeps the queue moving: starts runs one at a time, follows their processes, stops them and queues them again. */
export class Supervisor {
  /** Ids of runs that changed. */
  readonly changes = new Broadcast<string>()
  /** What joined the runs' curves, logs, pictures and checkpoints. */
  readonly deltas = new Broadcast<FollowEvent>()
  /** No process is left and none can start. */
  readonly idle = new Broadcast<void>()
  readonly #options: SupervisorOptions
  readonly #ledger: RunLedger
  readonly #monitors = new Map<string, RunMonitor>()
  #isClosed = false

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#ledger = options.ledger
  }

  get isBusy(): boolean {
    return this.#monitors.size > 0
  }

  /** Finds the true status of every run, follows the processes that outlived an earlier studio, and starts what can start. */
  open(): void {
    for (const [id, pid] of this.#ledger.reconcile(this.#options.onProblem)) this.#follow(id, pid)
    this.schedule()
  }

  /** Lets go of the processes; they go on. */
  close(): void {
    this.#isClosed = true
    for (const monitor of this.#monitors.values()) monitor.close()
    this.#monitors.clear()
  }

  /** Asks a running process to save and end; takes a queued run out of the queue. */
  stop(row: RunRow): void {
    const folder = this.#ledger.folder(row.id)
    if (row.status === 'queued') {
      this.#ledger.record(row.id, {
        ...(this.#ledger.readRecord(row.id) ?? queuedRecord(row.queued_at)),
        stoppedAt: new Date().toISOString(),
      })
      this.#settle(row.id, false)
    } else if (row.status === 'running') {
      // Who asks again gets a process that has gone silent out of the way.
      if (row.is_stopping === 1 && silentMs(folder, Date.now()) > hangsAfterMs) this.#monitors.get(row.id)?.kill()
      writeFileSync(join(folder, runFiles.stop), '')
      this.#ledger.tables.runs.setStopping(row.id, true)
    } else {
      throw new StudioError(
        'run-state',
        `The run ${row.id} is ${row.status}; there is nothing to stop.`,
        'Only queued and running runs can be stopped.',
      )
    }
    this.changes.publish(row.id)
  }

  /** Queues a run again; its next process goes on from the newest checkpoint. */
  resume(row: RunRow): void {
    if (row.status === 'queued') return
    if (row.status === 'running')
      throw new StudioError(
        'run-state',
        `The run ${row.id} is running.`,
        'Stop it first if you want to start it again.',
      )
    if (row.status === 'finished')
      throw new StudioError(
        'run-state',
        `The run ${row.id} has finished; there is nothing left to compute.`,
        'Launch a new pipeline to train on.',
      )
    this.#ledger.record(row.id, queuedRecord(new Date().toISOString()))
    this.#settle(row.id, false)
    this.changes.publish(row.id)
    this.schedule()
  }

  /** Starts the next run, if there is one and no process is left. */
  schedule(): void {
    while (this.#options.startsRuns && !this.#isClosed && !this.isBusy) {
      const rows = this.#ledger.tables.runs.list()
      const id = nextRun(
        rows.map((row) => ({ id: row.id, status: row.status, queuedAt: row.queued_at, inputs: inputIds(row) })),
      )
      if (id === undefined) {
        this.idle.publish()
        return
      }
      try {
        this.#start(id)
      } catch (cause) {
        this.#ledger.tables.runs.setStatus(id, 'interrupted', toStudioError(cause).report())
      }
      this.changes.publish(id)
    }
  }

  #start(id: string): void {
    const folder = this.#ledger.folder(id)
    rmSync(join(folder, runFiles.stop), { force: true })
    const now = new Date().toISOString()
    const spawning: ProcessRecord = {
      ...queuedRecord(this.#ledger.readRecord(id)?.queuedAt ?? now),
      spawnedAt: now,
      eventsFrom: statSync(join(folder, runFiles.events), { throwIfNoEntry: false })?.size ?? 0,
    }
    // Noted before and after: a studio that dies in between must not start a second process on the same folder.
    this.#ledger.record(id, spawning)
    const { pid, exit } = this.#options.start(folder)
    this.#ledger.record(id, { ...spawning, pid })
    this.#settle(id, true)
    this.#follow(id, pid, exit)
  }

  #follow(id: string, pid: number | null, exit?: Promise<string>): void {
    const folder = this.#ledger.folder(id)
    this.#ledger.tables.runs.setStopping(id, existsSync(join(folder, runFiles.stop)))
    const monitor = new RunMonitor({
      folder,
      pid,
      ...(exit === undefined ? {} : { exit }),
      isAlive: () => livingProcess(folder, { pid, spawnedAt: this.#ledger.row(id).spawned_at }) !== undefined,
      cursor: () => this.#ledger.row(id).event_cursor,
      onLines: (lines) => {
        for (const event of followEvents(id, this.#ledger.apply(id, lines))) this.deltas.publish(event)
        if (this.#settle(id, true) !== 'running') monitor.expectExit()
        this.changes.publish(id)
      },
      onGone: (exit) => this.#gone(id, pid, exit),
      onProblem: this.#options.onProblem,
    })
    this.#monitors.set(id, monitor)
  }

  #gone(id: string, pid: number | null, exit: string | null): void {
    this.#monitors.delete(id)
    try {
      const record = this.#ledger.readRecord(id)
      // A run that was resumed meanwhile has a new record; the old process's end is no longer its own.
      if (record !== undefined && record.spawnedAt !== null && record.pid === pid)
        this.#ledger.record(id, { ...record, exit })
      this.#ledger.tables.runs.setStopping(id, false)
      this.#settle(id, false)
    } catch (cause) {
      this.#options.onProblem(cause)
    }
    this.changes.publish(id)
    this.schedule()
  }

  #settle(id: string, isAlive: boolean) {
    const { status, before } = this.#ledger.settle(id, isAlive)
    // Runs that wait for this one, in other pipelines as well, look different now.
    if (status !== before)
      for (const other of this.#ledger.tables.runs.list())
        if (inputIds(other).includes(id)) this.changes.publish(other.id)
    return status
  }
}

function followEvents(runId: string, { rewoundTo, points, log, media, checkpoints }: Applied): FollowEvent[] {
  const events: FollowEvent[] = []
  if (rewoundTo !== undefined) events.push({ type: 'rewound', runId, fromStep: rewoundTo })
  if (points.length > 0) events.push({ type: 'points', series: points })
  if (log.length > 0) events.push({ type: 'log', runId, lines: log })
  for (const item of media) events.push({ type: 'media', runId, item })
  for (const checkpoint of checkpoints) events.push({ type: 'checkpoint', runId, checkpoint })
  return events
}
