import type { AsyncIteratorClass } from '@orpc/server'
import type { WarmEvent } from '#contract/api/caches.ts'
import type { Datasets } from '../datasets/service.ts'
import type { RunTask } from '../executors/task.ts'
import { taskStream } from '../streams/stream.ts'

export interface FrameWarmingOptions {
  /** The folder of decoded frames. */
  readonly folder: string
  /** Asked for when they are needed, since they are opened later. */
  readonly datasets: () => Pick<Datasets, 'get' | 'manifestFile'>
  readonly runTask: RunTask
}

/** Decodes videos of datasets ahead, in a child process. */
export class FrameWarming {
  readonly #options: FrameWarmingOptions
  readonly #abort = new AbortController()

  constructor(options: FrameWarmingOptions) {
    this.#options = options
  }

  /** Decodes the videos of a dataset for clips of this size. What was decoded stays if it is cancelled. */
  warm(dataset: string, imageSize: number, signal?: AbortSignal): AsyncIteratorClass<WarmEvent> {
    const { folder, runTask } = this.#options
    const datasets = this.#options.datasets()
    return taskStream<WarmEvent>(signal, async (report, signal) => {
      const input = { manifest: datasets.manifestFile(datasets.get(dataset).name), frameCache: folder, imageSize }
      const result = await runTask('warm-frames', input, {
        signal: AbortSignal.any([signal, this.#abort.signal]),
        onProgress: (progress) => report({ type: 'progress', ...progress }),
      })
      return { type: 'done', result }
    })
  }

  close(): void {
    this.#abort.abort()
  }
}
