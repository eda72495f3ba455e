import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { DatasetCheck, DatasetManifest } from '#contract/domain/dataset.ts'
import type { RunTask } from '../executors/task.ts'
import { readAnnotations } from './formats/index.ts'
import { inspectVideos } from './inspect-videos.ts'
import { resolveFolder, scanFolder } from './scan.ts'

/** Differences between the manifest and the files now: missing, changed and new videos, sorted by path. */
export async function checkDataset(
  runTask: RunTask,
  manifest: DatasetManifest,
  signal: AbortSignal,
): Promise<DatasetCheck> {
  const root = resolveFolder(manifest.root)
  const drift: DatasetCheck['drift'] = []
  const sameSize: string[] = []
  for (const video of manifest.videos) {
    const file = statSync(join(root, video.path), { throwIfNoEntry: false })
    if (file === undefined) drift.push({ path: video.path, problem: 'missing' })
    else if (file.size === video.sizeBytes) sameSize.push(video.path)
    else drift.push({ path: video.path, problem: 'changed' })
  }
  const digests = new Map(manifest.videos.map((video) => [video.path, video.digest]))
  for (const video of await inspectVideos(runTask, root, sameSize, () => undefined, { signal })) {
    if (!('facts' in video) || video.facts.digest !== digests.get(video.path))
      drift.push({ path: video.path, problem: 'changed' })
  }
  const broken = manifest.broken.filter(({ isMissing }) => isMissing !== true)
  const known = new Set([...manifest.videos, ...broken].map(({ path }) => path))
  // Of a folder with a list of labels, only listed videos can be new.
  const { annotations } = readAnnotations(scanFolder(root, { followLinks: manifest.report?.followLinks ?? false }))
  for (const { path } of annotations) if (!known.has(path)) drift.push({ path, problem: 'new' })
  return {
    name: manifest.name,
    checked: manifest.videos.length,
    drift: drift.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  }
}
