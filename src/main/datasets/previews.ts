import { existsSync, renameSync, rmSync } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { toStudioError } from '#contract/api/errors.ts'
import type { TaskInput } from '#contract/api/tasks.ts'
import type { Video } from '#contract/domain/dataset.ts'
import type { RunTask } from '../executors/task.ts'
import type { DatasetQueries } from './queries.ts'
import type { DatasetStore } from './store.ts'

const heightPixels = 160
const frameCount = 24
const unfinished = '.unfinished-'
/** A child process makes several, because its start takes longer than the preview of a short video. */
const previewsPerTask = 32
/** Videos that are looked at before other work of the studio gets its turn. */
const videosPerLook = 256
/** One that waits for a disk must not hold up the others. */
const silenceMs = 600_000

export interface PreviewOptions {
  readonly store: DatasetStore
  readonly queries: DatasetQueries
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
  readonly facts: TaskInput<'preview'>['videos'][number]['facts']
}

/**
 * Makes the previews of datasets in the background, one at a time; requested ones first: they interrupt the others. It holds no list
 * of missing previews: it looks for them in the order of a dataset's videos.
 */
export class Previews {
  readonly #options: PreviewOptions
  readonly #abort = new AbortController()
  /** Position of the next video to look at, by dataset. */
  readonly #positions = new Map<string, number>()
  /** Previews that were interrupted. */
  readonly #interrupted = new Map<string, MissingPreview>()
  /** Previews that cannot be made, so that a request does not try them again. */
  readonly #failed = new Set<string>()
  readonly #requested = new Map<string, { readonly dataset: string; readonly id: string }>()
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
  add(dataset: string): void {
    this.#positions.set(dataset, 0)
    this.resume()
  }

  /** Removes the previews of a dataset from the queue. */
  remove(dataset: string): void {
    if (this.#current === dataset) this.#interruption.abort()
    this.#positions.delete(dataset)
    for (const [key, preview] of this.#interrupted) if (preview.dataset === dataset) this.#interrupted.delete(key)
    for (const key of this.#failed) if (key.startsWith(keyOf({ dataset, id: '' }))) this.#failed.delete(key)
  }

  /** Makes a preview next, even while a run is computing. */
  request(dataset: string, id: string): void {
    const key = keyOf({ dataset, id })
    if (this.#failed.has(key) || this.#options.queries.video(dataset, id) === undefined) return
    this.#requested.set(key, { dataset, id })
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
    try {
      while (!this.#abort.signal.aborted) {
        const batch = await this.#next()
        if (batch.length > 0) await this.#make(batch)
        else if (!this.#hasMore()) break
      }
    } catch (cause) {
      this.#options.onProblem(cause)
    } finally {
      this.#isMaking = false
    }
  }

  /** Whether something was queued while the last batch was looked for. */
  #hasMore(): boolean {
    const queued = this.#interrupted.size + this.#positions.size
    return this.#requested.size > 0 || (queued > 0 && !this.#options.isBusy())
  }

  /** The next previews of one dataset: requested ones, or any while no run is computing. They leave the queue. */
  async #next(): Promise<MissingPreview[]> {
    const requested = this.#takeRequested()
    const batch = requested.length > 0 || this.#options.isBusy() ? requested : await this.#takeAny()
    if (requested.length === 0 && this.#requested.size > 0) {
      for (const preview of batch) this.#interrupted.set(keyOf(preview), preview)
      return this.#next()
    }
    this.#interruption = new AbortController()
    this.#isForRequests = requested.length > 0
    this.#current = batch[0]?.dataset
    return batch
  }

  #takeRequested(): MissingPreview[] {
    const batch: MissingPreview[] = []
    for (const [key, { dataset, id }] of this.#requested) {
      if (batch.length >= previewsPerTask) break
      if (batch[0] !== undefined && batch[0].dataset !== dataset) continue
      this.#requested.delete(key)
      const { queries } = this.#options
      const preview = this.#missing(dataset, queries.rootOf(dataset), queries.video(dataset, id))
      if (preview !== undefined) batch.push(preview)
    }
    for (const preview of batch) this.#interrupted.delete(keyOf(preview))
    return batch
  }

  /** Interrupted previews, or those of the next videos of a dataset. Ends early for a request. */
  async #takeAny(): Promise<MissingPreview[]> {
    const [first] = this.#interrupted.values()
    if (first !== undefined) {
      const batch = [...this.#interrupted.values()].filter(({ dataset }) => dataset === first.dataset)
      for (const preview of batch.slice(0, previewsPerTask)) this.#interrupted.delete(keyOf(preview))
      return batch.slice(0, previewsPerTask)
    }
    for (const [dataset, from] of this.#positions) {
      if (from === 0) await this.#removeUnfinished(dataset)
      const root = this.#options.queries.rootOf(dataset)
      const batch: MissingPreview[] = []
      for (let at = from; this.#positions.has(dataset);) {
        const videos = this.#options.queries.videosFrom(dataset, at, videosPerLook)
        let looked = 0
        for (const video of videos) {
          if (batch.length === previewsPerTask) break
          looked += 1
          const preview = this.#missing(dataset, root, video)
          if (preview !== undefined) batch.push(preview)
        }
        at += looked
        if (videos.length === 0) this.#positions.delete(dataset)
        else this.#positions.set(dataset, at)
        if (videos.length === 0 || batch.length === previewsPerTask) break
        if (this.#requested.size > 0 || this.#abort.signal.aborted) break
        await setImmediate()
      }
      if (batch.length > 0 || this.#requested.size > 0 || this.#abort.signal.aborted) return batch
    }
    return []
  }

  #missing(dataset: string, root: string | undefined, video: Video | undefined): MissingPreview | undefined {
    if (root === undefined || video === undefined) return undefined
    const { id, path, frameCount, width, height, durationMs } = video
    const facts = { frameCount, width, height, durationMs }
    const isThere = existsSync(join(this.#options.store.folder(dataset), `${id}.webp`))
    return isThere || this.#failed.has(keyOf({ dataset, id }))
      ? undefined
      : { dataset, id, file: join(root, path), facts }
  }

  /** Removes what a studio left behind that was killed while it made previews. */
  async #removeUnfinished(dataset: string): Promise<void> {
    const folder = this.#options.store.folder(dataset)
    // The folder has a preview of every video: its names are not all read at once.
    for await (const { name } of await opendir(folder)) if (name.startsWith(unfinished)) rmSync(join(folder, name))
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
      else {
        this.#failed.add(keyOf(preview))
        this.#options.onProblem(new Error(`Making a preview of ${preview.file} failed: ${problem}`, { cause }))
      }
    }
    const interruption = this.#interruption
    try {
      await this.#options.runTask(
        'preview',
        {
          videos: batch.map((preview) => ({ file: preview.file, to: temporaryOf(preview), facts: preview.facts })),
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
      for (const preview of waiting.values()) this.#interrupted.set(keyOf(preview), preview)
  }
}

const keyOf = ({ dataset, id }: { dataset: string; id: string }) => `${dataset}/${id}`
