import { frameFolder } from '#node/frame-folder.ts'
import { targetFolder } from '#node/target-folder.ts'
import type { WorkspacePaths } from '#node/workspace-paths.ts'
import { FrameWarming, type FrameWarmingOptions } from './frame-warming.ts'
import { Cache, type CacheOptions } from './service.ts'

/** The caches of a workspace. */
export interface Caches {
  readonly frames: Cache
  readonly targets: Cache
  readonly frameWarming: FrameWarming
  /** Resolves when nothing is being deleted any more. */
  close(): Promise<void>
}

type CachesOptions = Pick<CacheOptions, 'settings' | 'onProblem'> & Omit<FrameWarmingOptions, 'folder'>

export function openCaches(
  workspace: Pick<WorkspacePaths, 'frames' | 'targets'>,
  { datasets, runTask, ...options }: CachesOptions,
): Caches {
  const frames = new Cache({ ...options, name: 'frames', folder: frameFolder(workspace.frames) })
  const targets = new Cache({ ...options, name: 'targets', folder: targetFolder(workspace.targets) })
  const frameWarming = new FrameWarming({ folder: workspace.frames, datasets, runTask })
  return {
    frames,
    targets,
    frameWarming,
    async close() {
      frameWarming.close()
      await Promise.all([frames.close(), targets.close()])
    },
  }
}
