import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { FollowEvent } from '#contract/api/contract.ts'
import type { ComputingRun } from '#contract/domain/queue.ts'
import type { Resources } from '#contract/domain/resources.ts'
import { runFiles } from '#contract/layout.ts'
import type { DiskReserve } from '#node/disk-reserve.ts'
import type { Executor, Job } from '../executors/executor.ts'
import { readHeartbeat } from '../executors/heartbeat.ts'
import type { CardWatch } from '../executors/machine-cards.ts'
import { type CardSupply, mayTakeCards, noCards } from '../scheduler/cards.ts'
import { type NextRuns, nextRuns, type QueuedRun } from '../scheduler/next-runs.ts'
import { Broadcast } from '../streams/broadcast.ts'
import { describeComputing } from './allocation.ts'
import { CardWaits } from './card-waits.ts'
import { followEvents } from './follow.ts'
import type { RunLedger } from './ledger.ts'
import { RunMonitor } from './monitor.ts'
import { ProcessEnds } from './process-ends.ts'
import { ProgressWatch, stallLimits, type StallLimits } from './progress-watch.ts'
import { RunQueue } from './queue.ts'
import { RunRequests } from './requests.ts'
import { RunStarts } from './starts.ts'

export interface SupervisorOptions {
  readonly ledger: RunLedger
  readonly executor: Executor
  readonly cards: CardWatch
  readonly reserve: DiskReserve
  /** Slots that runs without a card may occupy now. */
  readonly slots: () => readonly Resources[]
  /** False leaves the queue as it is. */
  readonly startsRuns: boolean
  /** When a run without progress counts as stalled. */
  readonly stallLimits?: StallLimits | undefined
  readonly onProblem: (error: unknown) => void
}

interface Followed {
  readonly monitor: RunMonitor
  readonly job: Job
  readonly progress: ProgressWatch
  /** Whether the executor reports the end of the process, so that no poll is needed. */
  readonly isChild: boolean
  /** Why the studio ended the process. */
  cancelled?: 'hung' | 'on request'
}

/** How often heartbeats are read. */
const watchMs = 1000
/** How often the executor is asked about processes of an earlier studio. */
const pollMs = 1000

/** Starts queued runs, follows their processes, stops them and queues them again. */
export class Supervisor {
  /** Ids of runs that changed. */
  readonly changes = new Broadcast<string>()
  /** New points, log lines, pictures and checkpoints of runs. */
  readonly deltas = new Broadcast<FollowEvent>()
  /** No process is left and none can start. */
  readonly idle = new Broadcast<void>()
  readonly #options: SupervisorOptions
  readonly #ledger: RunLedger
  readonly #followed = new Map<string, Followed>()
  readonly #starts: RunStarts
  /** Runs that wait for cards. */
  readonly cardWaits = new CardWaits(
    (id) => this.changes.publish(id),
    () => this.schedule(),
  )
  /** The order of the runs that wait. */
  readonly queue: RunQueue
  /** What is asked of their processes. */
  readonly requests: RunRequests
  readonly #ends: ProcessEnds
  #pollTimer: NodeJS.Timeout | undefined
  readonly #watchTimer = setInterval(() => this.#watch(), watchMs).unref()
  readonly #stalled = new Set<string>()
  #isPolling = false
  #isClosed = false

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#ledger = options.ledger
    this.queue = new RunQueue({
      ledger: options.ledger,
      settle: (id) => {
        this.#settle(id, false)
        this.changes.publish(id)
      },
      requeueWhenSaved: (row) => this.requests.requeueWhenSaved(row),
      onChange: (ids) => {
        for (const id of ids) this.changes.publish(id)
        this.schedule()
      },
    })
    this.requests = new RunRequests({
      ...options,
      hasHung: (id) => this.progressOf(id)?.hasHung === true,
      started: (id) => this.#starts.done(id),
      cancel: (id, why) => this.#cancel(id, why),
      onChange: (id) => this.changes.publish(id),
      settle: (id) => this.#settle(id, false),
    })
    this.#starts = new RunStarts({
      ...options,
      settle: (id) => this.#settle(id, true),
      onStarted: (id, job, ended) => {
        if (!this.#isClosed) this.#follow(id, job, ended)
      },
      onChange: (id) => this.changes.publish(id),
      onDone: (id) => {
        if (!this.#followed.has(id)) this.schedule()
      },
    })
    this.#ends = new ProcessEnds({
      ...options,
      isObsolete: (id) => this.#isClosed || this.isActive(id),
      settle: (id) => this.#settle(id, false),
      onDone: (id) => {
        this.queue.requeueIfAsked(id)
        this.changes.publish(id)
        this.schedule()
      },
    })
  }

  get isBusy(): boolean {
    return this.#followed.size + this.#starts.allocations.size > 0
  }

  /** Whether the run has a process, or is about to get one. */
  isActive(id: string): boolean {
    return this.#followed.has(id) || this.#starts.allocations.has(id)
  }

  /** Progress of a run that has a process; undefined if it has none that is followed. */
  progressOf(id: string): ProgressWatch | undefined {
    return this.#followed.get(id)?.progress
  }

  /** Determines the status of every run, follows processes that outlived an earlier studio, and starts what can start. */
  async open(): Promise<void> {
    for (const [id, job] of await this.#ledger.reconcile(this.#options.executor, this.#options.onProblem))
      this.#follow(id, job)
    for (const { id, asked } of this.#ledger.tables.runs.list()) if (asked === 'requeue') this.queue.requeueIfAsked(id)
    this.schedule()
  }

  /** Stops following. The processes continue. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#starts.close()
    clearInterval(this.#pollTimer)
    clearInterval(this.#watchTimer)
    this.cardWaits.close()
    for (const { monitor } of this.#followed.values()) monitor.close()
    this.#followed.clear()
  }

  /** Starts the runs for which there are free slots or cards. Runs that may take cards start when the machine has listed its cards. */
  schedule(): void {
    if (!this.#options.startsRuns || this.#isClosed) return
    const { cards } = this.#options
    const queue = this.#ledger.tables.runs.queue()
    if (cards.areNone || !queue.some(({ status, request }) => status === 'queued' && mayTakeCards(request)))
      return this.#startNext(noCards)
    for (const start of this.#next(noCards, (run) => !mayTakeCards(run.request)).starts) this.#starts.start(start)
    cards
      .refresh()
      .then(() => !this.#isClosed && this.#startNext(this.#cardSupply()))
      .catch(this.#options.onProblem)
  }

  /** Runs that hold a card, by the UUID of the card. */
  cardHolders(): Map<string, string> {
    const { executor } = this.#options
    const held = [
      ...[...this.#followed].map(
        ([id, { job }]) => [id, job.handle === null ? [] : executor.cardsOf(job.handle)] as const,
      ),
      ...[...this.#starts.allocations].map(
        ([id, { allocation }]) => [id, allocation.cards.map(({ uuid }) => uuid)] as const,
      ),
    ]
    return new Map(held.flatMap(([id, uuids]) => uuids.map((uuid) => [uuid, id] as const)))
  }

  /** The runs that have a process, or are about to get one, with what they compute on. */
  computing(): ComputingRun[] {
    const { executor, cards } = this.#options
    return [...new Set([...this.#followed.keys(), ...this.#starts.allocations.keys()])].map((id) => {
      const handle = this.#followed.get(id)?.job.handle ?? null
      const slot =
        this.#starts.allocations.get(id)?.allocation.slot ?? (handle === null ? undefined : executor.slotOf(handle))
      return describeComputing(id, slot, this.cardHolders(), cards.known?.all.cards ?? [])
    })
  }

  #cardSupply(): CardSupply {
    const { known } = this.#options.cards
    return known?.areUsable === true ? { cards: known.visible.cards, holders: this.cardHolders() } : noCards
  }

  #startNext(cards: CardSupply): void {
    const { starts, waiting } = this.#next(cards, () => true)
    this.cardWaits.set(waiting)
    if (starts.length === 0 && waiting.size === 0 && !this.isBusy) this.idle.publish()
    for (const start of starts) this.#starts.start(start)
  }

  #next(cards: CardSupply, isCandidate: (run: QueuedRun) => boolean): NextRuns {
    const { runs } = this.#ledger.tables
    const queue = runs.queue()
    const occupied = new Set([...this.#followed.keys(), ...this.#starts.allocations.keys()])
    const onCards = new Set(this.cardHolders().values())
    return nextRuns({
      queued: queue.filter((run) => run.status === 'queued' && !occupied.has(run.id) && isCandidate(run)),
      running: queue
        .filter(({ id, status }) => (status === 'running' || occupied.has(id)) && !onCards.has(id))
        .map(({ request }) => request),
      slots: this.#options.slots().slice(this.#lingering(queue, onCards)),
      takenSlots: new Set(this.computing().flatMap(({ slot }) => slot ?? [])),
      processors: this.#options.executor.describe().processors,
      cards,
      isFinished: (id) => runs.statusOf(id) === 'finished',
    })
  }

  /** Processes that wrote the end of their run and have not exited: they still occupy a slot, unless they hold cards. */
  #lingering(queue: readonly { id: string }[], onCards: ReadonlySet<string>): number {
    const listed = new Set(queue.map(({ id }) => id))
    return [...this.#followed.keys()].filter((id) => !listed.has(id) && !onCards.has(id)).length
  }

  #follow(id: string, job: Job, ended?: Promise<string>): void {
    const { folder } = job
    this.#options.reserve.use(() => this.#ledger.tables.runs.setStopping(id, existsSync(join(folder, runFiles.stop))))
    const progress = new ProgressWatch(this.#options.stallLimits ?? stallLimits)
    const monitor = new RunMonitor({
      folder,
      cursor: () => {
        const { cursor, rewrittenFrom } = this.#ledger.compare(id, this.#options.onProblem)
        if (rewrittenFrom !== undefined) this.deltas.publish({ type: 'rewound', runId: id, fromStep: rewrittenFrom })
        return cursor
      },
      onLines: (lines) => {
        progress.noteEvents()
        for (const event of followEvents(id, this.#ledger.apply(id, lines))) this.deltas.publish(event)
        if (this.#settle(id, true) !== 'running') monitor.expectExit()
        this.changes.publish(id)
      },
      onHang: () => this.#cancel(id, 'hung'),
      onGone: (exit) => this.#gone(id, job, exit),
      onProblem: this.#options.onProblem,
    })
    this.#followed.set(id, { monitor, job, progress, isChild: ended !== undefined })
    if (ended === undefined) this.#pollTimer ??= setInterval(() => void this.#poll(), pollMs)
    else void ended.then((exit) => monitor.finish(exit))
  }

  /** Reads the heartbeats, and announces runs that stalled or go on. */
  #watch(): void {
    for (const [id, { job, progress }] of this.#followed) {
      try {
        progress.noteBeat(readHeartbeat(job.folder))
      } catch (cause) {
        this.#options.onProblem(cause)
      }
      const isStalled = progress.stalledMs !== undefined
      // The time without progress is shown, so that a stalled run changes all the time.
      if (isStalled || this.#stalled.has(id)) this.changes.publish(id)
      if (isStalled) this.#stalled.add(id)
      else this.#stalled.delete(id)
    }
  }

  /** Asks about all processes of earlier studios in one query. */
  async #poll(): Promise<void> {
    const polled = [...this.#followed.values()].filter(({ isChild }) => !isChild)
    if (polled.length === 0) {
      clearInterval(this.#pollTimer)
      this.#pollTimer = undefined
      return
    }
    if (this.#isPolling) return
    this.#isPolling = true
    try {
      const states = await this.#options.executor.poll(polled.map(({ job }) => job))
      for (const [index, { monitor }] of polled.entries()) if (states[index] === 'gone') monitor.finish(null)
    } catch (cause) {
      this.#options.onProblem(cause)
    } finally {
      this.#isPolling = false
    }
  }

  #cancel(id: string, why: 'hung' | 'on request'): void {
    const followed = this.#followed.get(id)
    if (followed === undefined) return
    followed.cancelled = why
    this.#options.executor.cancel(followed.job).catch(this.#options.onProblem)
  }

  #gone(id: string, job: Job, seenExit: string | null): void {
    const cancelled = this.#followed.get(id)?.cancelled
    const exit =
      cancelled === undefined
        ? seenExit
        : `${seenExit ?? 'ended'}, by the studio, ${cancelled === 'hung' ? 'since it did not compute' : cancelled}`
    this.#followed.delete(id)
    this.#ends.write(id, job, exit)
  }

  #settle(id: string, isAlive: boolean) {
    const { status, before } = this.#ledger.settle(id, isAlive)
    // The runs that wait for this one are described differently now.
    if (status !== before) for (const other of this.#ledger.tables.runs.dependants(id)) this.changes.publish(other)
    return status
  }
}
