import { randomUUID } from 'node:crypto'
import type { AsyncIteratorClass } from '@orpc/server'
import { StudioError } from '#contract/api/errors.ts'
import {
  type AlertEvent,
  type AlertRequest,
  type AlertRule,
  type AlertsEvent,
  type Delivery,
  type ShownAlertRule,
  shownRule,
} from '#contract/domain/alert.ts'
import type { SeriesDelta } from '#contract/domain/metric.ts'
import { isSettled, type RunState, stateOf } from '#contract/domain/run-state.ts'
import type { Run } from '#contract/domain/run.ts'
import { formatQuantity } from '#contract/format.ts'
import { Broadcast } from '../streams/broadcast.ts'
import { openStream } from '../streams/stream.ts'
import { deliver } from './deliver.ts'
import { Plateaus, type ReadPoints } from './plateaus.ts'
import { diskEvent, eventOf, plateauEvent, testEvent } from './run-alerts.ts'
import { AlertStore } from './store.ts'

export interface AlertsOptions {
  readonly folder: string
  /** False for a studio that only looks: rules can be changed, and nothing is delivered but tests. */
  readonly works: boolean
  readonly runs: () => Run[]
  /** Undefined for a run that is no longer in the workspace. */
  readonly run: (id: string) => Run | undefined
  readonly readPoints: ReadPoints
  /** Of the disk of the workspace; undefined if the system does not say. */
  readonly freeBytes: () => number | undefined
  readonly onProblem: (error: unknown) => void
  /** Pauses before a failed delivery is tried again. */
  readonly retryMs?: readonly number[]
  readonly diskEveryMs?: number
}

const retries = [2000, 15_000, 60_000]
const diskEveryMs = 30_000
/** A disk that was low has space again at this many times the limit. */
const hasSpaceAt = 1.2

/** Tells people what happens to runs, once for each rule, also over a restart of the studio. */
export class Alerts {
  readonly #options: AlertsOptions
  readonly #store: AlertStore
  readonly #plateaus: Plateaus
  readonly #events = new Broadcast<AlertsEvent>()
  readonly #problems = new Map<string, NonNullable<ShownAlertRule['problem']>>()
  /** The last known state of each run, so that only a change is an event. */
  readonly #states = new Map<string, RunState>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #sending = new Set<Promise<void>>()
  #diskTimer: NodeJS.Timeout | undefined
  /** Windows that show notifications. */
  #windows = 0
  #isClosed = false

  constructor(options: AlertsOptions) {
    this.#options = options
    this.#store = new AlertStore(options.folder, options.onProblem)
    this.#plateaus = new Plateaus(options.readPoints)
  }

  /** Delivers what was left, and what happened while no studio was open. Call it when the states of all runs are known. */
  open(): void {
    if (!this.#options.works) return
    this.#look()
    for (const delivery of this.#store.pending()) this.#send(delivery)
    this.#diskTimer = setInterval(() => this.#checkDisk(), this.#options.diskEveryMs ?? diskEveryMs).unref()
    this.#checkDisk()
  }

  /** What is being delivered may end; the rest is delivered by the next studio. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#diskTimer)
    for (const timer of this.#timers) clearTimeout(timer)
    await Promise.allSettled(this.#sending)
  }

  list(): ShownAlertRule[] {
    return this.#store.rules().map((rule) => this.#shown(rule))
  }

  /** @throws StudioError `bad-request` for a command from a browser: with the key of a browser, anyone could run programs */
  add(request: AlertRequest, { isBrowser = false }: { readonly isBrowser?: boolean } = {}): ShownAlertRule {
    if (isBrowser && request.channel.type === 'command')
      throw new StudioError(
        'bad-request',
        'A page in a browser cannot add a command, since commands run with the rights of the studio.',
        'Add it in the desktop window, or on the command line: alert add --on EVENTS --command PROGRAM.',
      )
    const rule: AlertRule = { ...request, id: randomUUID().slice(0, 8), createdAt: new Date().toISOString() }
    this.#look()
    this.#store.setRules([...this.#store.rules(), rule])
    this.#publishRules()
    if (this.#options.works) this.#checkDisk()
    return this.#shown(rule)
  }

  /** @throws StudioError `not-found` */
  remove(id: string): void {
    this.#rule(id)
    this.#store.setRules(this.#store.rules().filter((rule) => rule.id !== id))
    this.#problems.delete(id)
    this.#change((state) => ({
      ...state,
      pending: state.pending.filter(({ rule }) => rule !== id),
      lowDisks: state.lowDisks.filter((rule) => rule !== id),
    }))
    this.#publishRules()
  }

  /** Delivers a test. Returns why it did not arrive, or null. @throws StudioError `not-found` */
  async test(id: string): Promise<string | null> {
    const rule = this.#rule(id)
    const event = testEvent()
    if (rule.channel.type === 'desktop') {
      if (this.#windows === 0) return 'No window of the studio is open, so nothing can show the notification.'
      this.#events.publish({ type: 'notice', event })
      return null
    }
    try {
      await deliver(rule.channel, event)
      this.#setProblem(id, undefined)
      return null
    } catch (cause) {
      this.#setProblem(id, sentenceOf(cause))
      return sentenceOf(cause)
    }
  }

  /** A run changed: an alert if its state did. */
  runChanged(id: string): void {
    if (this.#isIdle) return
    const run = this.#options.run(id)
    if (run === undefined) return
    const before = this.#states.get(id)
    const state = stateOf(run)
    this.#states.set(id, state)
    if (state === before) return
    if (isSettled(run.status)) this.#plateaus.forget(id)
    const event = eventOf(run)
    // A run that comes back from the trash ended long ago.
    if (event !== undefined) this.#raise(event, before !== undefined && !isEnd(before))
  }

  /** Points were added to the database. */
  pointsAdded(series: readonly SeriesDelta[]): void {
    if (this.#isIdle) return
    for (const rule of this.#store.rules().filter(({ kinds }) => kinds.includes('plateau')))
      for (const delta of series) {
        const state = this.#plateaus.after(rule.plateau, delta)
        const run = state === undefined ? undefined : this.#options.run(delta.runId)
        if (state === undefined || run?.status !== 'running') continue
        this.#raise(plateauEvent(run, rule.plateau, state), true, [rule])
      }
  }

  /** Points of a run were replaced. */
  rewound(runId: string): void {
    this.#plateaus.forget(runId)
  }

  /** The rules and every change to them, and what a window shows: notifications, and deliveries that failed. */
  watch(signal?: AbortSignal): AsyncIteratorClass<AlertsEvent> {
    return openStream<AlertsEvent>(signal, 0, (control) => {
      let waiting: AlertsEvent[] = [{ type: 'rules', rules: this.list() }]
      const unsubscribe = this.#events.subscribe((event) => {
        waiting.push(event)
        control.wake()
      })
      this.#windows += 1
      control.wake()
      if (this.#options.works)
        for (const delivery of this.#store.pending())
          if (this.#find(delivery.rule)?.channel.type === 'desktop') this.#send(delivery)
      return {
        take: () => {
          const taken = waiting
          waiting = []
          return taken
        },
        close: () => {
          this.#windows -= 1
          unsubscribe()
        },
      }
    })
  }

  get #isIdle(): boolean {
    return !this.#options.works || this.#isClosed || this.#store.rules().length === 0
  }

  /** Notes the states of all runs. Ends since the last studio are events; those before a rule are history to it. */
  #look(): void {
    for (const run of this.#options.runs()) {
      const state = stateOf(run)
      this.#states.set(run.id, state)
      const event = this.#isIdle || !isEnd(state) ? undefined : eventOf(run)
      if (event !== undefined) this.#raise(event, false)
    }
  }

  /** @param isLive whether the studio saw it happen; otherwise its time decides whether it is history to a rule */
  #raise(event: AlertEvent, isLive: boolean, rules: readonly AlertRule[] = this.#store.rules()): void {
    const due = rules.filter(
      ({ id, kinds, createdAt }) =>
        kinds.includes(event.kind) &&
        (isLive || event.at > createdAt) &&
        !this.#store.isHandled(handledKey(id, event.id)),
    )
    if (due.length === 0) return
    const deliveries = due.map(({ id }): Delivery => ({ rule: id, event, tries: 0 }))
    this.#change((state) => ({
      ...state,
      handled: [...state.handled, ...due.map(({ id }) => handledKey(id, event.id))],
      pending: [...state.pending, ...deliveries],
    }))
    for (const delivery of deliveries) this.#send(delivery)
  }

  #send(delivery: Delivery): void {
    const done = this.#deliver(delivery).catch(this.#options.onProblem)
    this.#sending.add(done)
    void done.finally(() => this.#sending.delete(done))
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const rule = this.#find(delivery.rule)
    if (rule === undefined) return this.#done(delivery)
    const { channel, id } = rule
    if (channel.type === 'desktop') {
      // Without a window it waits for one.
      if (this.#windows === 0) return
      this.#done(delivery)
      this.#events.publish({ type: 'notice', event: delivery.event })
      return
    }
    try {
      await deliver(channel, delivery.event)
      this.#done(delivery)
      this.#setProblem(id, undefined)
    } catch (cause) {
      this.#tryAgain(delivery, sentenceOf(cause))
    }
  }

  #tryAgain(delivery: Delivery, problem: string): void {
    const pauses = this.#options.retryMs ?? retries
    const pauseMs = pauses[delivery.tries]
    if (pauseMs === undefined) {
      this.#done(delivery)
      const tries = formatQuantity(pauses.length + 1, 'try', 'tries')
      this.#setProblem(delivery.rule, `${problem} Given up after ${tries}: ${delivery.event.message}`)
      return
    }
    const next = { ...delivery, tries: delivery.tries + 1 }
    this.#change((state) => ({ ...state, pending: state.pending.map((other) => (isSame(other, next) ? next : other)) }))
    if (this.#isClosed) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      if (!this.#isClosed) this.#send(next)
    }, pauseMs).unref()
    this.#timers.add(timer)
  }

  #done(delivery: Delivery): void {
    this.#change((state) => ({ ...state, pending: state.pending.filter((other) => !isSame(other, delivery)) }))
  }

  /** A state that cannot be written, as on a full disk, is kept in memory. */
  #change(change: Parameters<AlertStore['change']>[0]): void {
    try {
      this.#store.change(change)
    } catch (cause) {
      this.#options.onProblem(cause)
    }
  }

  #checkDisk(): void {
    const rules = this.#store.rules().filter(({ kinds }) => kinds.includes('disk-low'))
    if (this.#isClosed || rules.length === 0) return
    const free = this.#options.freeBytes()
    if (free === undefined) return
    for (const rule of rules) {
      const limit = rule.diskLowGib * 2 ** 30
      const isLow = this.#store.isLow(rule.id)
      if (!isLow && free < limit) {
        this.#change((state) => ({ ...state, lowDisks: [...state.lowDisks, rule.id] }))
        this.#raise(diskEvent(free, rule.diskLowGib), true, [rule])
      } else if (isLow && free > hasSpaceAt * limit)
        this.#change((state) => ({ ...state, lowDisks: state.lowDisks.filter((id) => id !== rule.id) }))
    }
  }

  #setProblem(id: string, message: string | undefined): void {
    if (message === undefined && !this.#problems.has(id)) return
    if (message === undefined) this.#problems.delete(id)
    else this.#problems.set(id, { at: new Date().toISOString(), message })
    this.#publishRules()
    if (message !== undefined) this.#events.publish({ type: 'failed', message })
  }

  #publishRules(): void {
    this.#events.publish({ type: 'rules', rules: this.list() })
  }

  #shown(rule: AlertRule): ShownAlertRule {
    return shownRule(rule, this.#problems.get(rule.id) ?? null)
  }

  #find(id: string): AlertRule | undefined {
    return this.#store.rules().find((rule) => rule.id === id)
  }

  #rule(id: string): AlertRule {
    const rule = this.#find(id)
    if (rule === undefined)
      throw new StudioError('not-found', `There is no alert ${id}.`, '"alert list" shows all of them.')
    return rule
  }
}

const handledKey = (rule: string, event: string): string => `${rule}|${event}`
const isSame = (a: Delivery, b: Delivery): boolean => a.rule === b.rule && a.event.id === b.event.id
const isEnd = (state: RunState): boolean => ['finished', 'failed', 'diverged', 'interrupted'].includes(state)
const sentenceOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
