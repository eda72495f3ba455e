import { formatBytes } from '#contract/format.ts'
import { cacheBudget, CacheRoom, cacheSettings } from '#node/cache-room.ts'
import { frameFolder } from '#node/frame-folder.ts'
import { unusable } from './frame-cache.ts'

export interface FrameRoomOptions {
  readonly folder: string
  /** Files used since then, in ms since 1970, stay. */
  readonly usedSinceMs: number
  /** Most bytes of the folder. */
  readonly maxBytes: () => number
}

/** Room in the folder of decoded frames. */
export class FrameRoom extends CacheRoom {
  constructor({ folder, ...options }: FrameRoomOptions) {
    super({
      ...options,
      folder: frameFolder(folder),
      describeFull: (free) =>
        `The disk of ${folder} has ${formatBytes(free)} left: decoded frames are not stored, and videos are decoded each time.`,
      describeProblem: (cause) => unusable(folder, cause),
    })
  }
}

/** Whether new frames are compressed, by the settings of the workspace in which the folder is. */
export const areFramesCompressed = (folder: string): boolean => cacheSettings(folder).frames.isCompressed

/** The budget in the settings of the workspace in which the folder is, in bytes. */
export const frameBudget = (folder: string): number => cacheBudget(folder, 'frames')
