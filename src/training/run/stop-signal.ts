import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runFiles } from '#contract/layout.ts'
import { tidyUp } from './read-only.ts'

const pollMs = 200

/** Whether a stop of this run was requested, by the `stop` file in its folder, or by a signal. */
export class StopSignal implements Disposable {
  readonly #file: string
  readonly #abort = new AbortController()
  readonly #timer: NodeJS.Timeout
  readonly #onSignal = () => this.#abort.abort()

  constructor(folder: string) {
    this.#file = join(folder, runFiles.stop)
    process.on('SIGTERM', this.#onSignal)
    process.on('SIGINT', this.#onSignal)
    // Something that waits cannot ask, so the file is looked for.
    this.#timer = setInterval(() => this.isRequested(), pollMs)
    this.#timer.unref()
  }

  /** Aborts when a stop is requested, at the latest a fifth of a second later. */
  get requested(): AbortSignal {
    return this.#abort.signal
  }

  isRequested(): boolean {
    if (!this.#abort.signal.aborted && existsSync(this.#file)) this.#abort.abort()
    return this.#abort.signal.aborted
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    process.off('SIGTERM', this.#onSignal)
    process.off('SIGINT', this.#onSignal)
    tidyUp(() => rmSync(this.#file, { force: true }))
  }
}
