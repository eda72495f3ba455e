import { StudioError } from '#contract/api/errors.ts'
import { type QueueMove, runPriorities, type RunPriority } from '#contract/domain/queue.ts'
import { inOrder, positionsFor, type QueuePosition } from '../scheduler/order.ts'
import type { RunLedger } from './ledger.ts'
import { type ProcessRecord, queuedRecord } from './process-record.ts'
import { requireState } from './require-state.ts'
import type { RunRow } from './row.ts'
import { allToResume, runsToResume } from './runs-to-resume.ts'

interface RunQueueOptions {
  readonly ledger: RunLedger
  /** Determines the status of a run without a process, and announces it. */
  readonly settle: (id: string) => void
  /** A run that is about to stop shall be queued again when it has saved. */
  readonly requeueWhenSaved: (row: RunRow) => void
  /** Where runs are in the queue changed: announces them, and starts what can start. */
  readonly onChange: (ids: readonly string[]) => void
}

/** The runs that wait: their order, which of them are held, and how others come back. All of it is written to the folders of the runs. */
export class RunQueue {
  readonly #options: RunQueueOptions
  readonly #ledger: RunLedger

  constructor(options: RunQueueOptions) {
    this.#options = options
    this.#ledger = options.ledger
  }

  /** In the order in which they start. */
  list(): ReturnType<RunLedger['tables']['runs']['queue']> {
    return inOrder(this.#ledger.tables.runs.queue().filter(({ status }) => status === 'queued'))
  }

  /**
   * Queues a run again, in front of others; its next process continues from the newest checkpoint. The runs that it waits for are resumed
   * before it, so that it does not wait for ever. One that is about to stop is queued when it has saved, and one that is held is released. No
   * operation if the run is queued or running, and so are these.
   * @throws StudioError `run-state` if it has finished or diverged, or if it or one that it waits for is missing or was ended
   */
  resume(row: RunRow): void {
    if (row.status === 'finished')
      throw new StudioError(
        'run-state',
        `The run ${row.id} has finished, so there is nothing to resume.`,
        'Launch a new pipeline to train further.',
      )
    this.#requeue(runsToResume(row, this.#find), () => true)
  }

  /**
   * Resumes every run that has not finished and can be, inputs first: paused ones in front of others, the rest behind them. Held ones stay held.
   * @throws StudioError `run-state` if there is none: the reason of the first that cannot be resumed
   */
  resumeAll(rows: readonly RunRow[]): void {
    const toResume = allToResume(rows, this.#find).filter(({ status }) => status !== 'queued')
    this.#requeue(toResume, ({ asked }) => asked === 'pause')
  }

  /** A run that was resumed while it was about to stop has saved: it is queued again. */
  requeueIfAsked(id: string): void {
    const row = this.#find(id)
    if (row?.asked === 'requeue' && row.status === 'stopped') this.#requeue([row], () => true)
  }

  /**
   * Undoes the cancellation of runs: those that were removed from the queue are where they were, and those that were paused are resumed. Others
   * stay as they are.
   */
  restore(ids: readonly string[]): void {
    const rows = ids.map((id) => this.#ledger.row(id))
    const removed = rows.filter(({ status, submitted_at }) => status === 'stopped' && submitted_at === null)
    for (const { id } of removed) {
      this.#change(id, { stoppedAt: null })
      this.#options.settle(id)
    }
    const paused = rows.filter(
      ({ asked, status, is_stopping }) => asked === 'pause' && (status === 'stopped' || is_stopping === 1),
    )
    this.#requeue(paused, () => true)
  }

  /**
   * Moves runs before another one of the same priority, or to the end of their own.
   * @throws StudioError `run-state` if one of them is not in the queue, `bad-request` if they differ in priority or the other one is among them
   */
  move({ ids, before }: QueueMove): void {
    const queue = this.list()
    const moved = [...new Set(ids)].map((id) => requireQueued(queue, id))
    const other = before === null ? undefined : requireQueued(queue, before)
    const [first] = moved
    if (first === undefined) return
    const stranger = [...moved, ...(other === undefined ? [] : [other])].find(
      ({ priority }) => priority !== first.priority,
    )
    if (stranger !== undefined)
      throw new StudioError(
        'bad-request',
        `${first.id} has ${first.priority} priority and ${stranger.id} has ${stranger.priority} priority, so their order cannot be changed.`,
        'Give them the same priority first.',
      )
    if (other !== undefined && moved.includes(other))
      throw new StudioError('bad-request', `The run ${other.id} cannot be moved before itself.`, 'Name another run.')
    const ofPriority = queue.filter(({ priority }) => priority === first.priority)
    const order = moved.map(({ id }) => id)
    this.#place(ofPriority, order, other?.id ?? null)
  }

  /** Keeps queued runs from starting: all of them or, if one is not in the queue, none. @throws StudioError `run-state`, `not-found` */
  hold(rows: readonly RunRow[]): void {
    this.#changeAll(
      rows.filter((row) => row.status !== 'queued' || row.is_held === 0),
      'hold',
      { isHeld: true },
    )
  }

  /** Lets held runs start. @throws StudioError `run-state`, `not-found` */
  release(rows: readonly RunRow[]): void {
    this.#changeAll(rows, 'release', { isHeld: false })
  }

  /** Sets the priority of queued runs; each comes to the end of it. @throws StudioError `run-state` if one is not in the queue */
  prioritize(ids: readonly string[], priority: RunPriority): void {
    const queue = this.list()
    const changed = ids.map((id) => requireQueued(queue, id)).filter((run) => run.priority !== priority)
    for (const { id } of changed) this.#change(id, { priority })
    this.#place(
      this.list().filter((run) => run.priority === priority),
      changed.map(({ id }) => id),
      null,
    )
  }

  readonly #find = (id: string): RunRow | undefined => this.#ledger.tables.runs.get(id)

  #changeAll(rows: readonly RunRow[], action: 'hold' | 'release', changes: Partial<ProcessRecord>): void {
    for (const row of rows) requireState(row, action)
    for (const { id } of rows) this.#change(id, changes)
    this.#options.onChange(rows.map(({ id }) => id))
  }

  #requeue(rows: readonly RunRow[], isFirst: (row: RunRow) => boolean): void {
    const inFront: string[] = []
    for (const row of rows) {
      const { id } = row
      const { status, is_held } = this.#ledger.row(id)
      if (status === 'running') {
        this.#options.requeueWhenSaved(row)
        continue
      }
      // An input of two runs is in the list twice.
      if (status === 'queued' && is_held === 0) continue
      if (status === 'queued') this.#change(id, { isHeld: false })
      else this.#change(id, { ...queuedRecord(new Date().toISOString()), priority: row.priority })
      this.#options.settle(id)
      if (isFirst(row)) inFront.push(id)
    }
    const queue = this.list()
    for (const priority of runPriorities) {
      const ofPriority = queue.filter((run) => run.priority === priority)
      const moved = inFront.filter((id) => ofPriority.some((run) => run.id === id))
      const first = ofPriority.find(({ id }) => !moved.includes(id))
      if (first !== undefined) this.#write(positionsFor(ofPriority, moved, first.id))
    }
    this.#options.onChange(rows.map(({ id }) => id))
  }

  #place(queue: readonly QueuePosition[], ids: readonly string[], before: string | null): void {
    const positions = positionsFor(queue, ids, before)
    this.#write(positions)
    this.#options.onChange([...positions.keys()])
  }

  #write(positions: ReadonlyMap<string, number>): void {
    for (const [id, position] of positions) this.#change(id, { position })
  }

  #change(id: string, changes: Partial<ProcessRecord>): void {
    const record = this.#ledger.readRecord(id) ?? queuedRecord(this.#ledger.row(id).queued_at)
    this.#ledger.record(id, { ...record, ...changes })
  }
}

function requireQueued(queue: ReturnType<RunQueue['list']>, id: string): QueuePosition {
  const found = queue.find((run) => run.id === id)
  if (found === undefined)
    throw new StudioError('run-state', `The run ${id} is not in the queue.`, '"queue list" shows the runs that wait.')
  return found
}
