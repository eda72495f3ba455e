import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runFiles } from '#contract/layout.ts'

/** Whether a stop of this run was requested, by the `stop` file in its folder, or by a signal. */
export class StopSignal implements Disposable {
  readonly #file: string
  #isSignalled = false
  readonly #onSignal = () => {
    this.#isSignalled = true
  }

  constructor(folder: string) {
    this.#file = join(folder, runFiles.stop)
    process.on('SIGTERM', this.#onSignal)
    process.on('SIGINT', this.#onSignal)
  }

  isRequested(): boolean {
    return this.#isSignalled || existsSync(this.#file)
  }

  [Symbol.dispose](): void {
    process.off('SIGTERM', this.#onSignal)
    process.off('SIGINT', this.#onSignal)
    rmSync(this.#file, { force: true })
  }
}
