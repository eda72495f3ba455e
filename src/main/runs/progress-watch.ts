import type { Heartbeat } from '#contract/domain/run-event.ts'
import type { Wait } from '#contract/domain/wait.ts'

/** What a run is measured by: shorter gaps between signs of progress are usual. */
export interface StallLimits {
  /** Least time without progress after which a run counts as stalled, in milliseconds. */
  readonly leastMs: number
  /** The same before its first event: reading inputs and recording graphs of large models takes long. */
  readonly startMs: number
  /** A run that has been this much longer without progress than ever before is stalled. */
  readonly factor: number
}

/** A second stop ends a process that has not progressed for so long. */
const hangsAfterMs = 60_000

export const stallLimits: StallLimits = { leastMs: 120_000, startMs: 600_000, factor: 3 }

/**
 * How long a run has not progressed. Its heartbeat does not count as progress by itself, since a process that waits for a file for ever
 * has one; a step in it does. Times are read from a clock that only goes forward.
 */
export class ProgressWatch {
  readonly #limits: StallLimits
  readonly #now: () => number
  #eventMs: number
  #progressMs: number
  #longestGapMs = 0
  #step: number | undefined
  #hasBegun = false
  #waitsFor: Wait | undefined

  constructor(limits: StallLimits = stallLimits, now: () => number = () => performance.now()) {
    this.#limits = limits
    this.#now = now
    this.#eventMs = now()
    this.#progressMs = this.#eventMs
  }

  /** Events were read. */
  noteEvents(): void {
    this.#eventMs = this.#now()
    this.#hasBegun = true
    this.#progressed()
  }

  /** The newest heartbeat was read. */
  noteBeat(beat: Pick<Heartbeat, 'step' | 'waitsFor'> | undefined): void {
    this.#waitsFor = beat?.waitsFor ?? undefined
    this.#noteStep(beat?.step)
  }

  /** What the process waits for, as its heartbeat says. */
  get waitsFor(): Wait | undefined {
    return this.#waitsFor
  }

  #noteStep(step: number | undefined): void {
    if (step === this.#step) return
    const isFirst = this.#step === undefined
    this.#step = step
    if (!isFirst) this.#progressed()
  }

  get sinceEventMs(): number {
    return this.#now() - this.#eventMs
  }

  /** Time without progress, if that is far longer than usual. */
  get stalledMs(): number | undefined {
    const { leastMs, startMs, factor } = this.#limits
    const limitMs = this.#hasBegun ? Math.max(leastMs, factor * this.#longestGapMs) : startMs
    const sinceMs = this.#sinceProgressMs()
    return sinceMs >= limitMs ? sinceMs : undefined
  }

  /** Whether a second request to stop may end the process. */
  get hasHung(): boolean {
    return this.stalledMs !== undefined || this.#sinceProgressMs() > hangsAfterMs
  }

  #sinceProgressMs(): number {
    return this.#now() - this.#progressMs
  }

  #progressed(): void {
    // A gap that counted as a stall is not usual.
    if (this.stalledMs === undefined) this.#longestGapMs = Math.max(this.#longestGapMs, this.#sinceProgressMs())
    this.#progressMs = this.#now()
  }
}
