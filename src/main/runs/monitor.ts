import { type FSWatcher, watch } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { runFiles } from '#contract/layout.ts'
import { killTree } from '#node/processes.ts'
import { type Line, readLines } from './tail.ts'

export interface MonitorOptions {
  readonly folder: string
  readonly pid: number | null
  /** How the process ended, for a child of this studio; absent for one that an earlier studio started. */
  readonly exit?: Promise<string>
  readonly isAlive: () => boolean
  /** Byte of `events.jsonl` from which to read on. */
  readonly cursor: () => number
  readonly onLines: (lines: Line[]) => void
  /** The process is gone and all that it wrote was handed over. */
  readonly onGone: (exit: string | null) => void
  readonly onProblem: (error: unknown) => void
}

const pollMs = 250
/** How often to look whether a process of an earlier studio still lives. */
const pollsPerLook = 4
const patienceMs = 30_000

/** Follows one process: hands over what it appends to its events, and tells when it is gone. */
export class RunMonitor {
  readonly #options: MonitorOptions
  readonly #file: string
  readonly #timer: NodeJS.Timeout
  readonly #watcher: FSWatcher | undefined
  #patience: NodeJS.Timeout | undefined
  #polls = 0
  #isClosed = false
  #isReading = false
  #readAgain = false

  constructor(options: MonitorOptions) {
    this.#options = options
    this.#file = join(options.folder, runFiles.events)
    this.#timer = setInterval(() => this.#poll(), pollMs)
    this.#watcher = this.#watch()
    void options.exit?.then((exit) => this.#finish(exit))
    // Not at once: whoever makes the monitor must hold it before it speaks.
    queueMicrotask(() => void this.#read())
  }

  /** The process has said that it ended; one that stays for half a minute more hangs and is killed. */
  expectExit(): void {
    this.#patience ??= setTimeout(() => this.kill(), patienceMs)
    this.#patience.unref()
  }

  kill(): void {
    if (this.#options.pid !== null && this.#options.isAlive()) killTree(this.#options.pid)
  }

  /** Stops following. The process goes on. */
  close(): void {
    this.#isClosed = true
    clearInterval(this.#timer)
    clearTimeout(this.#patience)
    this.#watcher?.close()
  }

  /** Not every file system tells of changes (network shares do not); the poll covers those. */
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

  #poll(): void {
    void this.#read()
    this.#polls += 1
    if (this.#options.exit === undefined && this.#polls % pollsPerLook === 0 && !this.#options.isAlive())
      this.#finish(null)
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
        // One batch at a time: a long backlog must not hold up the window.
        while (this.#handOver()) await setImmediate()
      } while (this.#readAgain)
    } catch (cause) {
      this.#options.onProblem(cause)
    } finally {
      this.#isReading = false
    }
  }

  #handOver(): boolean {
    if (this.#isClosed) return false
    const lines = readLines(this.#file, this.#options.cursor())
    if (lines.length > 0) this.#options.onLines(lines)
    return lines.length > 0
  }

  #finish(exit: string | null): void {
    if (this.#isClosed) return
    try {
      while (this.#handOver());
    } catch (cause) {
      this.#options.onProblem(cause)
    }
    this.close()
    this.#options.onGone(exit)
  }
}
