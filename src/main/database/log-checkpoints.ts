import { statSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { LogRequest } from './log-checkpoint-worker.ts'
import type { StudioDatabase } from './open.ts'

const everyMs = 250
/** A smaller log is not worth a checkpoint. */
const worthwhileBytes = 4 * 2 ** 20
/** Pages of the log with which a statement makes a checkpoint itself, if the worker does not keep up: 64 MiB. */
const pagesAtMost = 16_384
/** SQLite's own limit. */
const normalPages = 1000

/**
 * Copies the write-ahead log of a database into it in a thread of its own. SQLite does so within the statement that makes the log too long,
 * and waits for the disk: for tens of milliseconds the studio would answer nobody.
 */
export class LogCheckpoints {
  readonly #database: StudioDatabase
  readonly #log: string
  readonly #timer: NodeJS.Timeout
  #worker: Worker | undefined
  #isBusy = false
  #checkpointAt = 0

  constructor(database: StudioDatabase) {
    this.#database = database
    this.#log = `${database.name}-wal`
    database.pragma(`wal_autocheckpoint = ${pagesAtMost}`)
    this.#timer = setInterval(() => this.#look(), everyMs).unref()
  }

  /** Ends the thread. Call it before the database is closed, which then removes the log. */
  async dispose(): Promise<void> {
    clearInterval(this.#timer)
    const worker = this.#worker
    if (worker === undefined) return
    this.#worker = undefined
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    worker.ref()
    ask(worker, 'close')
    await ended
  }

  #look(): void {
    const written = writtenAt(this.#log)
    if (this.#isBusy || written === undefined || written === this.#checkpointAt) return
    this.#checkpointAt = written
    this.#isBusy = true
    this.#worker ??= this.#start()
    ask(this.#worker, 'checkpoint')
  }

  #start(): Worker {
    const worker = new Worker(new URL('./log-checkpoint-worker.ts', import.meta.url), {
      workerData: this.#database.name,
    })
    worker.on('message', () => (this.#isBusy = false))
    // From now on the statements that write make checkpoints and fail with the reason, such as a full disk.
    worker.on('error', () => {
      this.#worker = undefined
      clearInterval(this.#timer)
      this.#database.pragma(`wal_autocheckpoint = ${normalPages}`)
    })
    worker.unref()
    return worker
  }
}

const ask = (worker: Worker, request: LogRequest): void => worker.postMessage(request, [])

/** When a log that is worth a checkpoint was last written, in milliseconds. It keeps its size when it is written from the start again. */
function writtenAt(log: string): number | undefined {
  try {
    const { size, mtimeMs } = statSync(log)
    return size < worthwhileBytes ? undefined : mtimeMs
  } catch {
    // There is no log yet. What else may be wrong with the folder, the next statement says.
    return undefined
  }
}
