import type { FrameUsage } from '#contract/domain/settings.ts'
import { evictFrames, listFrames } from '#node/frame-folder.ts'
import type { Settings } from '../settings/service.ts'

export interface FramesOptions {
  /** The folder of decoded frames. */
  readonly folder: string
  readonly settings: Pick<Settings, 'get' | 'changes'>
  readonly onProblem: (error: unknown) => void
}

/**
 * The frame cache of the workspace, as the settings show it. Runs fill it and keep its budget themselves; a file that is deleted while they
 * compute is decoded again.
 */
export class Frames {
  readonly #options: FramesOptions
  #trimming = Promise.resolve()

  constructor(options: FramesOptions) {
    this.#options = options
    options.settings.changes.subscribe(() => {
      this.#trimming = this.#trimming.then(() => this.#trim())
    })
  }

  async usage(): Promise<FrameUsage> {
    const { files, bytes } = await listFrames(this.#options.folder)
    return { files: files.filter(({ kind }) => kind === 'frames').length, bytes, budgetBytes: this.#budgetBytes() }
  }

  /** Deletes all decoded frames, except those that are being written. */
  async clear(): Promise<FrameUsage> {
    await evictFrames(this.#options.folder, await listFrames(this.#options.folder), -1)
    return this.usage()
  }

  /** Resolves when nothing is being deleted any more. */
  close(): Promise<void> {
    return this.#trimming
  }

  #budgetBytes(): number {
    return Math.floor(this.#options.settings.get().frames.budgetGib * 2 ** 30)
  }

  /** A budget that was lowered holds at once, not only with the next video that a run decodes. */
  async #trim(): Promise<void> {
    try {
      await evictFrames(this.#options.folder, await listFrames(this.#options.folder), this.#budgetBytes())
    } catch (cause) {
      this.#options.onProblem(cause)
    }
  }
}
