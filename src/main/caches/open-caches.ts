import { frameFolder } from '#node/frame-folder.ts'
import { targetFolder } from '#node/target-folder.ts'
import type { WorkspacePaths } from '#node/workspace-paths.ts'
import { Cache, type CacheOptions } from './service.ts'

/** The caches of a workspace. */
export interface Caches {
  readonly frames: Cache
  readonly targets: Cache
  /** Resolves when nothing is being deleted any more. */
  close(): Promise<void>
}

export function openCaches(
  workspace: Pick<WorkspacePaths, 'frames' | 'targets'>,
  options: Pick<CacheOptions, 'settings' | 'onProblem'>,
): Caches {
  const frames = new Cache({ ...options, name: 'frames', folder: frameFolder(workspace.frames) })
  const targets = new Cache({ ...options, name: 'targets', folder: targetFolder(workspace.targets) })
  return {
    frames,
    targets,
    async close() {
      await Promise.all([frames.close(), targets.close()])
    },
  }
}
