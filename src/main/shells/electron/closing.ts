import { type CloseChoice, type CloseMode, isNothing, type OpenWork } from '../local/open-work.ts'

/** What the decision needs of the program. */
export interface ClosingParts {
  work(): Promise<OpenWork>
  /** Asks the person at the window. */
  ask(work: OpenWork): Promise<CloseChoice>
  /** Asks every run to save and stop. */
  stop(): Promise<void>
  /** Waits until nothing computes or waits any more, or `signal` aborts. */
  untilIdle(signal: AbortSignal): Promise<void>
  closeWindow(): void
  quit(): void
  onProblem(cause: unknown): void
}

/**
 * What happens when the window is closed or the program is asked to quit. If runs compute or wait, it asks once: *keep running* and *save and
 * stop* close the window, and the studio stays open without one until the last run has ended.
 */
export class Closing {
  readonly #parts: ClosingParts
  readonly #mode: CloseMode
  #isAsking = false
  /** While the studio is open without a window. */
  #background: AbortController | undefined
  #isDecided = false

  constructor(parts: ClosingParts, mode: CloseMode) {
    this.#parts = parts
    this.#mode = mode
  }

  /** Whether the program may end. */
  get isDecided(): boolean {
    return this.#isDecided
  }

  /** Whether the studio is open without a window. */
  get isInBackground(): boolean {
    return this.#background !== undefined
  }

  /** The window was closed, or the program was asked to quit. */
  async request(): Promise<void> {
    if (this.#isAsking) return
    // Without a window there is nobody to ask a second time.
    if (this.isInBackground) return this.leave()
    this.#isAsking = true
    try {
      const work = await this.#parts.work()
      if (isNothing(work)) return this.leave()
      const choice = this.#mode === 'ask' ? await this.#parts.ask(work) : this.#mode
      if (choice === 'cancel') return
      if (choice === 'stop') await this.#parts.stop()
      await this.#stayInBackground()
    } catch (cause) {
      this.#parts.onProblem(cause)
    } finally {
      this.#isAsking = false
    }
  }

  /** The program was started again: the studio opens a window and stays open. */
  reopened(): void {
    this.#background?.abort()
    this.#background = undefined
  }

  /** Ends the program without asking. Runs go on. */
  leave(): void {
    this.#isDecided = true
    this.#background?.abort()
    this.#parts.quit()
  }

  async #stayInBackground(): Promise<void> {
    const background = new AbortController()
    this.#background = background
    this.#isAsking = false
    this.#parts.closeWindow()
    await this.#parts.untilIdle(background.signal)
    if (!background.signal.aborted) this.leave()
  }
}
