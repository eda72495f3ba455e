import type { CacheName, CacheUsage } from '#contract/domain/settings.ts'
import { type CacheFolder, evictCache, listCache } from '#node/cache-folder.ts'
import { budgetOf } from '#node/cache-room.ts'
import type { Settings } from '../settings/service.ts'

export interface CacheOptions {
  readonly name: CacheName
  readonly folder: CacheFolder
  readonly settings: Pick<Settings, 'get' | 'changes'>
  readonly onProblem: (error: unknown) => void
}

/**
 * A cache of the workspace, as the settings show it. Runs fill it and keep its budget themselves; a file that is deleted while they compute is
 * made again.
 */
export class Cache {
  readonly #options: CacheOptions
  #trimming = Promise.resolve()

  constructor(options: CacheOptions) {
    this.#options = options
    options.settings.changes.subscribe(() => {
      this.#trimming = this.#trimming.then(() => this.#trim())
    })
  }

  async usage(): Promise<CacheUsage> {
    const { files, bytes } = await listCache(this.#options.folder)
    return { files: files.filter(({ kind }) => kind === 'complete').length, bytes, budgetBytes: this.#budgetBytes() }
  }

  /** Deletes all files, except those that are being written. */
  async clear(): Promise<CacheUsage> {
    const { folder } = this.#options
    await evictCache(folder, await listCache(folder), -1)
    return this.usage()
  }

  /** Resolves when nothing is being deleted any more. */
  close(): Promise<void> {
    return this.#trimming
  }

  #budgetBytes(): number {
    return budgetOf(this.#options.settings.get(), this.#options.name)
  }

  /** A budget that was lowered holds at once, not only with the next file that a run writes. */
  async #trim(): Promise<void> {
    const { folder, onProblem } = this.#options
    try {
      await evictCache(folder, await listCache(folder), this.#budgetBytes())
    } catch (cause) {
      onProblem(cause)
    }
  }
}
