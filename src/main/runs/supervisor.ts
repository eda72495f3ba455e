import { rmSync, statSync, writeFileSync } from 'node:fs'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { FollowEvent } from '#contract/api.ts'
import { StudioError, toStudioError } from '#contract/errors.ts'
import { runFiles } from '#contract/events.ts'
import type { StartRun } from '../executors/local.ts'
import { Broadcast } from '../streams.ts'
import { type Applied, applyLines, type EventTables } from './apply.ts'
import { describeInterruption } from './interruption.ts'
import { livingProcess, silentMs } from './liveness.ts'
import { RunMonitor } from './monitor.ts'
import { type ProcessRecord, queuedRecord, readProcessRecord, writeProcessRecord } from './process-record.ts'
import { inputIds, type RunRow } from './row.ts'
import { nextRun } from './scheduler.ts'
import { statusOf } from './status.ts'
import { lastLines, type Line, readLines } from './tail.ts'

export interface SupervisorOptions {
  readonly tables: EventTables
  /** The folder `runs/` of the workspace. */
  readonly folder: string
  readonly start: StartRun
  readonly onProblem: (error: unknown) => void
}

const shownLines = 10
const hangsAfterMs = 60_000

/** Keeps the database true to the runs' folders, and the queue moving: one process at a time. */
export class Supervisor {
  /** Ids of runs that changed. */
  readonly changes = new Broadcast<string>()
  /** What joined the runs' curves, logs, pictures and checkpoints. */
  readonly deltas = new Broadcast<FollowEvent>()
  /** No process is left and none can start. */
  readonly idle = new Broadcast<void>()
  readonly #options: SupervisorOptions
  readonly #monitors = new Map<string, RunMonitor>()
  #isClosed = false

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  get isBusy(): boolean {
    return this.#monitors.size > 0
  }

  folder(runId: string): string {
    return join(this.#options.folder, runId)
  }

  /**
   * Reads what every run wrote since the studio last looked, and finds the true status of each.
   * @returns the processes that live, by run id
   */
  reconcile(): Map<string, number> {
    const living = new Map<string, number>()
    for (const { id } of this.#options.tables.runs.list()) {
      try {
        const record = readProcessRecord(this.folder(id))
        if (record !== undefined) this.#options.tables.runs.setProcess(id, record)
        const pid = record === undefined || record.spawnedAt === null ? undefined : livingProcess(this.folder(id), record)
        // A process may write its last words between the two looks, so events are read after it.
        this.#catchUp(id)
        if (pid !== undefined) living.set(id, pid)
        this.#settle(id, pid !== undefined)
      } catch (cause) {
        this.#options.onProblem(cause)
      }
    }
    return living
  }

  /** Reconciles, follows the processes that outlived an earlier studio, and starts what can start. */
  open(): void {
    for (const [id, pid] of this.reconcile()) this.#follow(id, pid)
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
    const { runs } = this.#options.tables
    const folder = this.folder(row.id)
    if (row.status === 'queued') {
      this.#record(row.id, { ...(readProcessRecord(folder) ?? queuedRecord(row.queued_at)), stoppedAt: new Date().toISOString() })
      this.#settle(row.id, false)
    } else if (row.status === 'running') {
      // Who asks again gets a process that has gone silent out of the way.
      if (row.is_stopping === 1 && silentMs(folder, Date.now()) > hangsAfterMs) this.#monitors.get(row.id)?.kill()
      writeFileSync(join(folder, runFiles.stop), '')
      runs.setStopping(row.id, true)
    } else {
      throw new StudioError('run-state', `The run ${row.id} is ${row.status}; there is nothing to stop.`, 'Only queued and running runs can be stopped.')
    }
    this.changes.publish(row.id)
  }

  /** Queues a run again; its next process goes on from the newest checkpoint. */
  resume(row: RunRow): void {
    if (row.status === 'queued') return
    if (row.status === 'running') throw new StudioError('run-state', `The run ${row.id} is running.`, 'Stop it first if you want to start it again.')
    if (row.status === 'finished') throw new StudioError('run-state', `The run ${row.id} has finished; there is nothing left to compute.`, 'Launch a new pipeline to train on.')
    rmSync(join(this.folder(row.id), runFiles.stop), { force: true })
    this.#record(row.id, queuedRecord(new Date().toISOString()))
    this.#settle(row.id, false)
    this.changes.publish(row.id)
    this.schedule()
  }

  /** Starts the next run, if there is one and no process is left. */
  schedule(): void {
    while (!this.#isClosed && !this.isBusy) {
      const rows = this.#options.tables.runs.list()
      const id = nextRun(rows.map((row) => ({ id: row.id, status: row.status, queuedAt: row.queued_at, inputs: inputIds(row) })))
      if (id === undefined) {
        this.idle.publish()
        return
      }
      try {
        this.#start(id)
      } catch (cause) {
        this.#options.tables.runs.setStatus(id, 'interrupted', toStudioError(cause).report())
      }
      this.changes.publish(id)
    }
  }

  #start(id: string): void {
    const folder = this.folder(id)
    rmSync(join(folder, runFiles.stop), { force: true })
    const eventsFrom = statSync(join(folder, runFiles.events), { throwIfNoEntry: false })?.size ?? 0
    const queued = readProcessRecord(folder)
    const now = new Date().toISOString()
    const spawning: ProcessRecord = { ...queuedRecord(queued?.queuedAt ?? now), spawnedAt: now, eventsFrom }
    // Noted before and after: a studio that dies in between must not start a second process on the same folder.
    this.#record(id, spawning)
    const { pid, exit } = this.#options.start(folder)
    this.#record(id, { ...spawning, pid })
    this.#options.tables.runs.setStopping(id, false)
    this.#settle(id, true)
    this.#follow(id, pid, exit)
  }

  #follow(id: string, pid: number | null, exit?: Promise<string>): void {
    const { tables, onProblem } = this.#options
    const folder = this.folder(id)
    const record = () => readProcessRecord(folder)
    if (existsSync(join(folder, runFiles.stop))) tables.runs.setStopping(id, true)
    const monitor = new RunMonitor({
      folder,
      pid,
      ...(exit === undefined ? {} : { exit }),
      isAlive: () => livingProcess(folder, record() ?? { pid, spawnedAt: null }) !== undefined,
      cursor: () => tables.runs.get(id)?.event_cursor ?? 0,
      onLines: (lines) => {
        this.#apply(id, lines)
        if (this.#settle(id, true) !== 'running') monitor.expectExit()
        this.changes.publish(id)
      },
      onGone: (exit) => this.#gone(id, pid, exit),
      onProblem,
    })
    this.#monitors.set(id, monitor)
  }

  #gone(id: string, pid: number | null, exit: string | null): void {
    this.#monitors.delete(id)
    try {
      const record = readProcessRecord(this.folder(id))
      // A run that was resumed meanwhile has a new record; the old process's end is no longer its own.
      if (record !== undefined && record.spawnedAt !== null && record.pid === pid) this.#record(id, { ...record, exit })
      this.#options.tables.runs.setStopping(id, false)
      this.#settle(id, false)
    } catch (cause) {
      this.#options.onProblem(cause)
    }
    this.changes.publish(id)
    this.schedule()
  }

  #record(id: string, record: ProcessRecord): void {
    writeProcessRecord(this.folder(id), record)
    this.#options.tables.runs.setProcess(id, record)
  }

  #catchUp(id: string): void {
    const file = join(this.folder(id), runFiles.events)
    for (;;) {
      const lines = readLines(file, this.#options.tables.runs.get(id)?.event_cursor ?? 0)
      if (lines.length === 0) return
      applyLines(this.#options.tables, id, lines)
    }
  }

  #apply(id: string, lines: readonly Line[]): void {
    const applied = applyLines(this.#options.tables, id, lines)
    for (const event of followEvents(id, applied)) this.deltas.publish(event)
  }

  /** Writes the status that follows from what is known, and returns it. */
  #settle(id: string, isAlive: boolean) {
    const { runs } = this.#options.tables
    const row = runs.get(id)
    if (row === undefined) throw new Error(`The run ${id} is not in the database.`)
    const end = row.end_offset === null || row.end_status === null ? null : { offset: row.end_offset, status: row.end_status }
    const status = statusOf({ spawnedAt: row.spawned_at, stoppedAt: row.stopped_at, eventsFrom: row.events_from, end, isAlive })
    const interruption = status === 'interrupted' ? describeInterruption({ runId: id, step: row.step, exit: readProcessRecord(this.folder(id))?.exit ?? null, output: lastLines(join(this.folder(id), runFiles.output), shownLines) }) : null
    runs.setStatus(id, status, interruption)
    if (status !== row.status) for (const other of runs.ofPipeline(row.pipeline_id)) this.changes.publish(other.id)
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
