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
  /** Whether a run is computing. Then only requested previews are made. */
  readonly isBusy: () => boolean
  readonly onProblem: (error: unknown) => void
}

interface MissingPreview {
  readonly dataset: string
  /** Id of the video. */
  readonly id: string
  readonly file: string
}

/** Makes the previews of datasets in the background, one at a time; requested ones first. */
export class Previews {
  readonly #options: PreviewOptions
  readonly #abort = new AbortController()
  readonly #missing = new Map<string, MissingPreview>()
  readonly #requested = new Set<string>()
  #isMaking = false
  #making: Promise<void> | undefined

  constructor(options: PreviewOptions) {
    this.#options = options
  }

  /** Queues the missing previews of a dataset. */
  add(manifest: DatasetManifest): void {
    const folder = this.#options.store.folder(manifest.name)
    const present = new Set<string>()
    for (const name of readdirSync(folder)) {
      if (name.startsWith(unfinished)) rmSync(join(folder, name))
      else present.add(name)
    }
    for (const video of manifest.videos) {
      const preview = { dataset: manifest.name, id: video.id, file: join(manifest.root, video.path) }
      if (!present.has(`${video.id}.webp`)) this.#missing.set(keyOf(preview), preview)
    }
    this.resume()
  }

  /** Removes the previews of a dataset from the queue. */
  remove(dataset: string): void {
    for (const [key, preview] of this.#missing) if (preview.dataset === dataset) this.#missing.delete(key)
  }

  /** Makes a preview next, even while a run is computing. */
  request(dataset: string, id: string): void {
    const key = keyOf({ dataset, id })
    if (!this.#missing.has(key)) return
    this.#requested.add(key)
    this.resume()
  }

  /** Continues, because a preview was added or no run is computing any more. */
  resume(): void {
    if (!this.#abort.signal.aborted && !this.#isMaking) this.#making = this.#makeAll()
  }

  async close(): Promise<void> {
    this.#abort.abort()
    await this.#making
  }

  async #makeAll(): Promise<void> {
    this.#isMaking = true
    for (let preview = this.#next(); preview !== undefined && !this.#abort.signal.aborted; preview = this.#next()) {
      this.#missing.delete(keyOf(preview))
      this.#requested.delete(keyOf(preview))
      try {
        await this.#make(preview)
      } catch (cause) {
        // Closing the studio or removing the dataset interrupts a preview.
        if (!this.#abort.signal.aborted && this.#options.store.has(preview.dataset)) this.#options.onProblem(cause)
      }
    }
    this.#isMaking = false
  }

  #next(): MissingPreview | undefined {
    for (const key of this.#requested) {
      const preview = this.#missing.get(key)
      if (preview !== undefined) return preview
      this.#requested.delete(key)
    }
    return this.#options.isBusy() ? undefined : this.#missing.values().next().value
  }

  async #make({ dataset, id, file }: MissingPreview): Promise<void> {
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
      throw new Error(`Making a preview of ${file} failed: ${toStudioError(cause).message}`, { cause })
    }
  }
}

const keyOf = ({ dataset, id }: { dataset: string; id: string }) => `${dataset}/${id}`
