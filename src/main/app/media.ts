import { realpathSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'
import { systemCode } from '#contract/api/errors.ts'
import { protocol } from '#contract/api/protocol.ts'
import { runFiles } from '#contract/layout.ts'
import type { WorkspacePaths } from '#node/workspace-paths.ts'

const previewPath = /^datasets\/([a-z0-9-]+)\/([A-Za-z0-9]+)(?:\.still)?\.webp$/
const picturePath = new RegExp(`^runs/([A-Za-z0-9.-]+)/(${runFiles.media}/[A-Za-z0-9._/-]+)$`)

/**
 * The file behind `/media/datasets/<name>/<video>.webp`, its still page or `/media/runs/<id>/media/...`: an absolute path inside the workspace,
 * or undefined for any other path, however it is encoded.
 */
export function mediaFile(
  workspace: WorkspacePaths,
  previewFile: (dataset: string, videoId: string) => string | undefined,
  urlPath: string,
): string | undefined {
  if (!urlPath.startsWith(protocol.mediaPath)) return undefined
  const path = urlPath.slice(protocol.mediaPath.length)
  const [, dataset, videoId] = previewPath.exec(path) ?? []
  if (dataset !== undefined && videoId !== undefined) return previewFile(dataset, videoId)
  const [, runId, picture] = picturePath.exec(path) ?? []
  if (runId === undefined || picture === undefined) return undefined
  return fileWithin(join(workspace.runs, runId, runFiles.media), join(workspace.runs, runId, picture))
}

/** The file, if it exists and is inside the folder after resolving all links. */
function fileWithin(folder: string, file: string): string | undefined {
  try {
    const path = realpathSync(file)
    return path.startsWith(realpathSync(folder) + sep) && statSync(path).isFile() ? path : undefined
  } catch (cause) {
    if (systemCode(cause) === undefined) throw cause
    return undefined
  }
}
