import type { Wait } from '#contract/domain/wait.ts'
import { settledWithin } from './settled-within.ts'

export type WaitKind = Wait['kind']

/** A stop was requested while the run waited. What it waited for is abandoned. */
export class StopRequested extends Error {
  /** Whether the engine was computing, so that the state of training cannot be read any more. */
  readonly isComputing: boolean

  constructor(kind: WaitKind) {
    super(`A stop was requested during the wait for ${kind}.`)
    this.name = 'StopRequested'
    this.isComputing = kind === 'computing'
  }
}

/** The clip that a decoder has worked on for the longest time. */
export interface Decoding {
  readonly file: string
  readonly ms: number
}

export interface WaitOptions {
  /** Aborts when a stop is requested. */
  readonly stop: AbortSignal
  /** How long the engine may still compute after a stop was requested. A longer step before doubles the time of that step. */
  readonly computeMs?: number
}

const shownDecodingMs = 1000

/**
 * The waits of a run. Each has a kind, which the heartbeat shows, and ends when a stop is requested: at once, except that saving is never
 * ended, and that a step is given time, because an unfinished one leaves no state to save.
 */
export class Waits {
  readonly #stop: AbortSignal
  readonly #computeMs: number
  readonly #open: { readonly kind: WaitKind; readonly since: number }[] = []
  readonly #unsettled = new Set<Promise<unknown>>()
  #longestStepMs = 0
  #decoding: () => Decoding | undefined = () => undefined

  constructor({ stop, computeMs = 30_000 }: WaitOptions) {
    this.#stop = stop
    this.#computeMs = computeMs
  }

  /** Sets where the slowest decoder is asked for. */
  watchDecoding(slowest: () => Decoding | undefined): void {
    this.#decoding = slowest
  }

  /** What the run waits for now; a slow decoder comes before what waits for it. */
  current(): Wait | null {
    const wait = this.#open.at(-1)
    if (wait === undefined) return null
    const slowest = wait.kind === 'computing' || wait.kind === 'saving' ? undefined : this.#decoding()
    if (slowest !== undefined && slowest.ms >= shownDecodingMs)
      return { kind: 'decoding', subject: slowest.file, ms: Math.round(slowest.ms) }
    return { kind: wait.kind, ms: Math.round(performance.now() - wait.since) }
  }

  /**
   * Waits for work. It gets a signal that aborts when a stop is requested, or never for `saving`.
   * @throws StopRequested if the stop came first; the work may go on unnoticed
   */
  async during<T>(kind: WaitKind, work: (stop: AbortSignal) => Promise<T>): Promise<T> {
    if (kind === 'saving') return this.#track(kind, work(new AbortController().signal))
    if (kind !== 'computing' && this.#stop.aborted) throw new StopRequested(kind)
    const task = this.#track(kind, work(this.#stop))
    const { promise: stopped, reject } = Promise.withResolvers<never>()
    let patience: NodeJS.Timeout | undefined
    const onStop = () => {
      const refuse = () => reject(new StopRequested(kind))
      if (kind !== 'computing') return refuse()
      patience = setTimeout(refuse, Math.max(this.#computeMs, 2 * this.#longestStepMs))
    }
    if (this.#stop.aborted) onStop()
    else this.#stop.addEventListener('abort', onStop, { once: true })
    try {
      return await Promise.race([task, stopped])
    } catch (cause) {
      // Work that listens to the signal fails because of it.
      throw this.#stop.aborted && isAbort(cause) ? new StopRequested(kind) : cause
    } finally {
      clearTimeout(patience)
      this.#stop.removeEventListener('abort', onStop)
    }
  }

  /** Whether abandoned work has not ended after `graceMs`. Such a process cannot exit by itself. */
  async isHanging(graceMs: number): Promise<boolean> {
    return !(await settledWithin(Promise.allSettled(this.#unsettled), graceMs))
  }

  async #track<T>(kind: WaitKind, task: Promise<T>): Promise<T> {
    const wait = { kind, since: performance.now() }
    this.#open.push(wait)
    this.#unsettled.add(task)
    try {
      return await task
    } finally {
      this.#unsettled.delete(task)
      this.#open.splice(this.#open.indexOf(wait), 1)
      if (kind === 'computing') this.#longestStepMs = Math.max(this.#longestStepMs, performance.now() - wait.since)
    }
  }
}

const isAbort = (cause: unknown): boolean => cause instanceof Error && cause.name === 'AbortError'

/** The result of some work; undefined if a stop was requested meanwhile. */
export async function unlessStopped<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof StopRequested) return undefined
    throw cause
  }
}
