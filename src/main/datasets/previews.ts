import { readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { toStudioError } from '#contract/api/errors.ts'
import type { DatasetManifest } from '#contract/domain/dataset.ts'
import type { RunTask } from '../executors/task.ts'
import type { DatasetStore } from './store.ts'

const heightPixels = 160
const frameCount = 24
const unfinished = '.unfinished-'
/** A child process makes several, because its start takes longer than the preview of a short video. */
const previewsPerTask = 32
/** A preview decodes its video twice. One that waits for a disk must not hold up the others. */
const silenceMs = 600_000

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

/** Makes the previews of datasets in the background, one at a time; requested ones first: they interrupt the others. */
export class Previews {
  readonly #options: PreviewOptions
  readonly #abort = new AbortController()
  readonly #missing = new Map<string, MissingPreview>()
  readonly #requested = new Set<string>()
  /** Ends the task that makes previews of the dataset `#current`. */
  #interruption = new AbortController()
  #current: string | undefined
  #isForRequests = false
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
    if (this.#current === dataset) this.#interruption.abort()
    for (const [key, preview] of this.#missing) if (preview.dataset === dataset) this.#missing.delete(key)
  }

  /** Makes a preview next, even while a run is computing. */
  request(dataset: string, id: string): void {
    const key = keyOf({ dataset, id })
    if (!this.#missing.has(key)) return
    this.#requested.add(key)
    if (!this.#isForRequests) this.#interruption.abort()
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
    for (let batch = this.#next(); batch.length > 0 && !this.#abort.signal.aborted; batch = this.#next())
      await this.#make(batch)
    this.#isMaking = false
  }

  /** The next previews of one dataset: requested ones, or any while no run is computing. They leave the queue. */
  #next(): MissingPreview[] {
    const requested = [...this.#requested].flatMap((key) => this.#missing.get(key) ?? [])
    this.#requested.clear()
    const queued = requested.length > 0 ? requested : this.#options.isBusy() ? [] : this.#missing.values()
    const batch: MissingPreview[] = []
    for (const preview of queued) {
      if (batch.length < previewsPerTask && preview.dataset === (batch[0] ?? preview).dataset) batch.push(preview)
      else if (requested.length > 0) this.#requested.add(keyOf(preview))
      else break
    }
    for (const preview of batch) this.#missing.delete(keyOf(preview))
    this.#interruption = new AbortController()
    this.#isForRequests = requested.length > 0
    this.#current = batch[0]?.dataset
    return batch
  }

  async #make(batch: readonly MissingPreview[]): Promise<void> {
    const waiting = new Map(batch.map((preview) => [preview.file, preview]))
    const temporaryOf = ({ dataset, id }: MissingPreview) =>
      join(this.#options.store.folder(dataset), `${unfinished}${id}.webp`)
    const finish = (preview: MissingPreview, problem: string | null, cause?: unknown) => {
      waiting.delete(preview.file)
      // Closing the studio or removing the dataset interrupts a preview.
      if (this.#abort.signal.aborted || !this.#options.store.has(preview.dataset)) return
      if (problem === null)
        renameSync(temporaryOf(preview), join(this.#options.store.folder(preview.dataset), `${preview.id}.webp`))
      else this.#options.onProblem(new Error(`Making a preview of ${preview.file} failed: ${problem}`, { cause }))
    }
    const interruption = this.#interruption
    try {
      await this.#options.runTask(
        'preview',
        {
          videos: batch.map((preview) => ({ file: preview.file, to: temporaryOf(preview) })),
          height: heightPixels,
          frameCount,
        },
        {
          signal: AbortSignal.any([this.#abort.signal, interruption.signal]),
          silenceMs,
          onProgress: ({ file, problem }) => {
            const preview = waiting.get(file)
            if (preview !== undefined) finish(preview, problem)
          },
        },
      )
    } catch (cause) {
      // The task works in order, so it was the first one that ended it.
      const [current] = waiting.values()
      if (current !== undefined) rmSync(temporaryOf(current), { force: true })
      if (current !== undefined && !interruption.signal.aborted) finish(current, toStudioError(cause).message, cause)
    }
    if (this.#options.store.has(batch[0]?.dataset ?? ''))
      for (const preview of waiting.values()) this.#missing.set(keyOf(preview), preview)
  }
}

const keyOf = ({ dataset, id }: { dataset: string; id: string }) => `${dataset}/${id}`
