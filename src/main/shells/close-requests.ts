import { parentEndedSignal } from './parent.ts'

/** How a program is asked to end: Ctrl-C, SIGTERM, a closed terminal, or the end of the program that started it. */
export type CloseReason = 'key' | 'terminated' | 'hang-up' | 'parent-ended'

const signals = { SIGINT: 'key', SIGTERM: 'terminated', SIGHUP: 'hang-up' } as const satisfies Record<
  string,
  CloseReason
>

/** The code that shells report for a program that Ctrl-C ended. */
export const interruptedExitCode = 130

/** npm forwards a Ctrl-C that the terminal has also sent to this process; both count as one. */
const sameKeyMs = 500

/** The requests to end this program, one after the other. From its creation on, none ends the program by itself. */
export class CloseRequests {
  readonly #first = new AbortController()
  readonly #unheard: CloseReason[] = []
  readonly #listeners: ((reason: CloseReason) => void)[] = []
  #lastAtMs = Number.NEGATIVE_INFINITY

  constructor() {
    for (const [name, reason] of Object.entries(signals)) process.on(name, () => this.add(reason))
    parentEndedSignal().addEventListener('abort', () => this.add('parent-ended'))
  }

  /** Aborts on the first request. */
  get first(): AbortSignal {
    return this.#first.signal
  }

  add(reason: CloseReason): void {
    const nowMs = performance.now()
    if (nowMs - this.#lastAtMs < sameKeyMs) return
    this.#lastAtMs = nowMs
    this.#first.abort(reason)
    const listener = this.#listeners.shift()
    if (listener === undefined) this.#unheard.push(reason)
    else listener(reason)
  }

  /** The next request that nobody has waited for. Never settles after `signal` has aborted. */
  next(signal?: AbortSignal): Promise<CloseReason> {
    const unheard = this.#unheard.shift()
    if (unheard !== undefined) return Promise.resolve(unheard)
    return new Promise((resolve) => {
      this.#listeners.push(resolve)
      signal?.addEventListener('abort', () => {
        const index = this.#listeners.indexOf(resolve)
        if (index >= 0) this.#listeners.splice(index, 1)
      })
    })
  }
}
