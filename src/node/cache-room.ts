import { dirname, join } from 'node:path'
import { type CacheName, type WorkspaceSettings, workspaceSettings } from '#contract/domain/settings.ts'
import { workspaceFiles } from '#contract/layout.ts'
import { type CacheFolder, evictCache, listCache } from './cache-folder.ts'
import { freeBytes } from './disk-space.ts'
import { readJsonIfPresent } from './json-file.ts'

/** A process looks at the folder again after this time, or after it used this share of the room that it found. */
const lookEveryMs = 30_000
const shareBetweenLooks = 1 / 16
/** Eviction leaves this share of the budget free, so that it is not due again with the next file. */
const freedShare = 1 / 16
/** Space that a cache leaves on the disk for checkpoints. */
const sparedBytes = 2 ** 30
/** The time of a file may be that much before the clock of the process: file systems round it down, by up to 2 s (FAT). */
const fileTimeErrorMs = 2000

export interface CacheRoomOptions {
  readonly folder: CacheFolder
  /** Files used since then, in ms since 1970, stay: a run that needs more than the budget would evict what it needs next. */
  readonly usedSinceMs: number
  /** Most bytes of the folder. */
  readonly maxBytes: () => number
  /** The sentence for a disk that has only `free` bytes left. */
  readonly describeFull: (free: number) => string
  /** The sentence for a folder that cannot be used. @throws the error if the folder is not the cause */
  readonly describeProblem: (cause: unknown) => string
}

/**
 * Room in the folder of a cache, shared without a lock by several processes: each looks what is there, takes a small share of the room that it
 * found, and looks again. Together they may exceed the budget by the files that are written at the same time.
 */
export class CacheRoom {
  readonly #options: CacheRoomOptions
  #lookedAtMs = Number.NEGATIVE_INFINITY
  #bytes = 0
  #maxBytes = 0
  /** What may be written until it looks again. */
  #unseenBytes = 0
  #isFull = false

  /** Path of the folder. */
  get folder(): string {
    return this.#options.folder.path
  }

  constructor(options: CacheRoomOptions) {
    this.#options = options
  }

  /**
   * Makes room for a file, by eviction of the least recently used ones if necessary. @returns whether there is room, and why none can be
   * made, as a sentence, if the budget is not the reason
   */
  async reserve(bytes: number): Promise<{ hasRoom: boolean; problem?: string }> {
    const { folder, usedSinceMs } = this.#options
    try {
      const isDue = performance.now() - this.#lookedAtMs > lookEveryMs
      if (this.#isFull && !isDue) return { hasRoom: false }
      if (isDue || bytes > this.#unseenBytes) {
        this.#lookedAtMs = performance.now()
        this.#maxBytes = this.#options.maxBytes()
        if (bytes > this.#maxBytes) return { hasRoom: false }
        const listing = await listCache(folder)
        this.#bytes = listing.bytes
        if (listing.bytes + bytes > this.#maxBytes) {
          const aim = Math.max(0, Math.min(this.#maxBytes * (1 - freedShare), this.#maxBytes - bytes))
          this.#bytes = (await evictCache(folder, listing, aim, usedSinceMs - fileTimeErrorMs)).bytes
        }
        this.#unseenBytes = Math.max(bytes, (this.#maxBytes - this.#bytes) * shareBetweenLooks)
      }
      this.#isFull = this.#bytes + bytes > this.#maxBytes
      if (this.#isFull) return { hasRoom: false }
      const free = freeBytes(folder.path)
      if (free !== undefined && free < bytes + sparedBytes)
        return { hasRoom: false, problem: this.#options.describeFull(free) }
      this.#bytes += bytes
      this.#unseenBytes -= bytes
      return { hasRoom: true }
    } catch (cause) {
      return { hasRoom: false, problem: this.#options.describeProblem(cause) }
    }
  }
}

/**
 * The budget of a cache in the settings of the workspace in which its folder is, in bytes. The studio reports settings that cannot be read;
 * then the default applies.
 */
export function cacheBudget(folder: string, cache: CacheName): number {
  return budgetOf(cacheSettings(folder), cache)
}

/** The settings of the workspace in which the folder of a cache is; the defaults if they cannot be read. */
export function cacheSettings(folder: string): WorkspaceSettings {
  const defaults = workspaceSettings.parse({})
  try {
    return readJsonIfPresent(join(dirname(folder), workspaceFiles.settings), workspaceSettings) ?? defaults
  } catch {
    return defaults
  }
}

/** The budget of a cache in bytes. */
export const budgetOf = (settings: Pick<WorkspaceSettings, CacheName>, cache: CacheName): number =>
  Math.floor(settings[cache].budgetGib * 2 ** 30)
