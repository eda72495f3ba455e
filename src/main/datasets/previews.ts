import { readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { toStudioError } from '#contract/api/errors.ts'
import type { DatasetManifest } from '#contract/domain/dataset.ts'
import type { RunTask } from '../executors/task.ts'
import type { DatasetStore } from './store.ts'

const heightPixels = 160
const frameCount = 24
const unfinished = '.unfinished-'

export interface PreviewOptions {
  readonly store: DatasetStore
  readonly runTask: RunTask
  /** Whether a run is computing; previews that nobody waits for then leave the machine to it. */
  readonly isBusy: () => boolean
  readonly onProblem: (error: unknown) => void
}

interface Job {
  dataset: string
  id: string
  file: string
}

/** Makes the moving previews of datasets in the background, one at a time; those that somebody looks for come first. */
export class Previews {
  readonly #options: PreviewOptions
  readonly #abort = new AbortController()
  readonly #waiting = new Map<string, Job>()
  readonly #wanted = new Set<string>()
  #isWorking = false
  #work: Promise<void> | undefined

  constructor(options: PreviewOptions) {
    this.#options = options
  }

  /** Queues what is missing. */
  add(manifest: DatasetManifest): void {
    const folder = this.#options.store.folder(manifest.name)
    const present = new Set<string>()
    for (const name of readdirSync(folder)) {
      if (name.startsWith(unfinished)) rmSync(join(folder, name))
      else present.add(name)
    }
    for (const video of manifest.videos) {
      const job = { dataset: manifest.name, id: video.id, file: join(manifest.root, video.path) }
      if (!present.has(`${video.id}.webp`)) this.#waiting.set(key(job), job)
    }
    this.wake()
  }

  forget(dataset: string): void {
    for (const [name, job] of this.#waiting) if (job.dataset === dataset) this.#waiting.delete(name)
  }

  /** Somebody looks at this preview now. */
  want(dataset: string, id: string): void {
    const name = key({ dataset, id })
    if (!this.#waiting.has(name)) return
    this.#wanted.add(name)
    this.wake()
  }

  /** Goes on, now that the machine may be free. */
  wake(): void {
    if (!this.#abort.signal.aborted && !this.#isWorking) this.#work = this.#drain()
  }

  async close(): Promise<void> {
    this.#abort.abort()
    await this.#work
  }

  async #drain(): Promise<void> {
    this.#isWorking = true
    for (let job = this.#next(); job !== undefined && !this.#abort.signal.aborted; job = this.#next()) {
      this.#waiting.delete(key(job))
      this.#wanted.delete(key(job))
      try {
        await this.#make(job)
      } catch (cause) {
        // Closing the studio, or removing the dataset, breaks a preview off.
        if (!this.#abort.signal.aborted && this.#options.store.has(job.dataset)) this.#options.onProblem(cause)
      }
    }
    this.#isWorking = false
  }

  #next(): Job | undefined {
    for (const name of this.#wanted) {
      const job = this.#waiting.get(name)
      if (job !== undefined) return job
      this.#wanted.delete(name)
    }
    return this.#options.isBusy() ? undefined : this.#waiting.values().next().value
  }

  async #make({ dataset, id, file }: Job): Promise<void> {
    const folder = this.#options.store.folder(dataset)
    const temporary = join(folder, `${unfinished}${id}.webp`)
    try {
      await this.#options.runTask(
        'preview',
        { file, to: temporary, height: heightPixels, frameCount },
        { signal: this.#abort.signal },
      )
      renameSync(temporary, join(folder, `${id}.webp`))
    } catch (cause) {
      rmSync(temporary, { force: true })
      throw new Error(`No preview of ${file}: ${toStudioError(cause).message}`, { cause })
    }
  }
}

const key = ({ dataset, id }: { dataset: string; id: string }) => `${dataset}/${id}`
