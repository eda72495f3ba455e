import { type FSWatcher, watch } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { runFiles } from '#contract/layout.ts'
import { sizeOfLog } from './event-log.ts'
import { type Line, readLines } from './tail.ts'

export interface MonitorOptions {
  readonly folder: string
  /** Byte of `events.jsonl` to continue reading at, after what was read before is compared with the file. */
  readonly cursor: () => number
  readonly onLines: (lines: Line[]) => void
  /** The process has written its end but does not exit. */
  readonly onHang: () => void
  /** The process is gone and all of its events were passed to `onLines`. */
  readonly onGone: (exit: string | null) => void
  readonly onProblem: (error: unknown) => void
}

const pollMs = 250
const exitWithinMs = 30_000

let lastTurn: Promise<void> = Promise.resolve()
/** The next turn of the event loop that no other monitor has, so that between two batches of any runs the studio answers. */
const turn = (): Promise<void> => (lastTurn = lastTurn.then(() => setImmediate()))

/** Follows the events that the process of a run appends. A poll without new lines reads nothing. */
export class RunMonitor {
  readonly #options: MonitorOptions
  readonly #file: string
  readonly #timer: NodeJS.Timeout
  readonly #watcher: FSWatcher | undefined
  /** Size up to which everything was read. */
  #readSize: number | undefined
  #hangTimer: NodeJS.Timeout | undefined
  #reported: string | undefined
  #isClosed = false
  #isReading = false
  #readAgain = false

  constructor(options: MonitorOptions) {
    this.#options = options
    this.#file = join(options.folder, runFiles.events)
    this.#timer = setInterval(() => void this.#read(), pollMs)
    this.#watcher = this.#watch()
    // Deferred, so that the caller holds the monitor before its first callback.
    queueMicrotask(() => void this.#read())
  }

  /** The process has written its end. If it still exists half a minute later, it hangs. */
  expectExit(): void {
    this.#hangTimer ??= setTimeout(this.#options.onHang, exitWithinMs)
    this.#hangTimer.unref()
  }

  /** The process is gone: reads what is left, then closes. */
  finish(exit: string | null): void {
    if (this.#isClosed) return
    try {
      while (this.#readBatch());
    } catch (cause) {
      this.#options.onProblem(cause)
    }
    this.close()
    this.#options.onGone(exit)
  }

  /** Stops following. The process continues. */
  close(): void {
    this.#isClosed = true
    clearInterval(this.#timer)
    clearTimeout(this.#hangTimer)
    this.#watcher?.close()
  }

  /** Network file systems do not report changes; the timer covers them. */
  #watch(): FSWatcher | undefined {
    try {
      const watcher = watch(this.#options.folder, (_event, name) => {
        if (name === runFiles.events) void this.#read()
      })
      watcher.on('error', () => watcher.close())
      return watcher
    } catch (cause) {
      this.#options.onProblem(cause)
      return undefined
    }
  }

  async #read(): Promise<void> {
    if (this.#isReading) {
      this.#readAgain = true
      return
    }
    this.#isReading = true
    try {
      do {
        this.#readAgain = false
        // One batch at a time, so that a long backlog does not block the window.
        while (this.#readBatch()) await turn()
      } while (this.#readAgain)
    } catch (cause) {
      this.#report(cause)
    } finally {
      this.#isReading = false
    }
  }

  /** A file that cannot be read is read again and again, and reported once. */
  #report(cause: unknown): void {
    const problem = cause instanceof Error ? cause.message : String(cause)
    if (problem !== this.#reported) this.#options.onProblem(cause)
    this.#reported = problem
  }

  /** Passes on the next lines; false if there are none. Lines that could not be applied are read again. */
  #readBatch(): boolean {
    if (this.#isClosed) return false
    const size = sizeOfLog(this.#file) ?? 0
    if (size === this.#readSize) return false
    const lines = readLines(this.#file, this.#options.cursor())
    if (lines.length > 0) this.#options.onLines(lines)
    else this.#readSize = size
    return lines.length > 0
  }
}
