import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runFiles } from '#contract/layout.ts'
import { tidyUp } from './read-only.ts'

const pollMs = 200

/** What is requested of this run: a stop, by the `stop` file in its folder or by a signal, and a checkpoint, by the `save` file. */
export class StopSignal implements Disposable {
  readonly #file: string
  readonly #saveFile: string
  #isSaveRequested = false
  readonly #abort = new AbortController()
  readonly #timer: NodeJS.Timeout
  readonly #onSignal = () => this.#abort.abort()

  constructor(folder: string) {
    this.#file = join(folder, runFiles.stop)
    this.#saveFile = join(folder, runFiles.save)
    process.on('SIGTERM', this.#onSignal)
    process.on('SIGINT', this.#onSignal)
    // Something that waits cannot ask, so the file is looked for.
    this.#timer = setInterval(() => this.#look(), pollMs)
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

  /** Whether a checkpoint of the last step is requested. Asking looks at no file. */
  get isSaveRequested(): boolean {
    return this.#isSaveRequested
  }

  /** A checkpoint was written, so that the request is fulfilled. */
  saved(): void {
    if (!this.#isSaveRequested) return
    this.#isSaveRequested = false
    tidyUp(() => rmSync(this.#saveFile, { force: true }))
  }

  #look(): void {
    this.isRequested()
    this.#isSaveRequested ||= existsSync(this.#saveFile)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    process.off('SIGTERM', this.#onSignal)
    process.off('SIGINT', this.#onSignal)
    for (const file of [this.#file, this.#saveFile]) tidyUp(() => rmSync(file, { force: true }))
  }
}
