import { dirname, join } from 'node:path'
import { workspaceSettings } from '#contract/domain/settings.ts'
import { formatBytes } from '#contract/format.ts'
import { workspaceFiles } from '#contract/layout.ts'
import { freeBytes } from '#node/disk-space.ts'
import { evictFrames, listFrames } from '#node/frame-folder.ts'
import { readJsonIfPresent } from '#node/json-file.ts'
import { unusable } from './frame-cache.ts'

/** A process looks at the folder again after this time, or after it used this share of the room that it found. */
const lookEveryMs = 30_000
const shareBetweenLooks = 1 / 16
/** Eviction leaves this share of the budget free, so that it is not due again with the next video. */
const freedShare = 1 / 16
/** Space that the cache leaves on the disk for checkpoints. */
const sparedBytes = 2 ** 30

export interface FrameRoomOptions {
  readonly folder: string
  /** Files used since then, in ms since 1970, stay: a run that needs more than the budget would evict what it needs next. */
  readonly usedSinceMs: number
  /** Most bytes of the folder. */
  readonly maxBytes: () => number
}

/**
 * Room in the folder of decoded frames, shared without a lock by several processes: each looks what is there, takes a small share of the room
 * that it found, and looks again. Together they may exceed the budget by the videos that are written at the same time.
 */
export class FrameRoom {
  readonly #options: FrameRoomOptions
  #lookedAtMs = Number.NEGATIVE_INFINITY
  #bytes = 0
  #maxBytes = 0
  /** What may be written until it looks again. */
  #unseenBytes = 0
  #isFull = false

  /** The folder. */
  get folder(): string {
    return this.#options.folder
  }

  constructor(options: FrameRoomOptions) {
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
        const listing = await listFrames(folder)
        this.#bytes = listing.bytes
        if (listing.bytes + bytes > this.#maxBytes) {
          const aim = Math.max(0, Math.min(this.#maxBytes * (1 - freedShare), this.#maxBytes - bytes))
          this.#bytes = (await evictFrames(folder, listing, aim, usedSinceMs)).bytes
        }
        this.#unseenBytes = Math.max(bytes, (this.#maxBytes - this.#bytes) * shareBetweenLooks)
      }
      this.#isFull = this.#bytes + bytes > this.#maxBytes
      if (this.#isFull) return { hasRoom: false }
      const free = freeBytes(folder)
      if (free !== undefined && free < bytes + sparedBytes)
        return {
          hasRoom: false,
          problem: `The disk of ${folder} has ${formatBytes(free)} left: decoded frames are not stored, and videos are decoded each time.`,
        }
      this.#bytes += bytes
      this.#unseenBytes -= bytes
      return { hasRoom: true }
    } catch (cause) {
      return { hasRoom: false, problem: unusable(folder, cause) }
    }
  }
}

/** The budget in the settings of the workspace in which the folder is, in bytes. The studio reports settings that cannot be read; then the default applies. */
export function frameBudget(folder: string): number {
  const defaults = workspaceSettings.parse({})
  try {
    const settings = readJsonIfPresent(join(dirname(folder), workspaceFiles.settings), workspaceSettings)
    return (settings ?? defaults).frames.budgetGib * 2 ** 30
  } catch {
    return defaults.frames.budgetGib * 2 ** 30
  }
}
