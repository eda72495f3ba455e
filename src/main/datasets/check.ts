import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { DatasetCheck, DatasetManifest } from '#contract/domain/dataset.ts'
import type { RunTask } from '../executors/task.ts'
import { inspectVideos } from './inspect-videos.ts'
import { resolveFolder, scanVideos } from './scan.ts'

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
  for (const video of await inspectVideos(runTask, root, sameSize, () => undefined, signal)) {
    if (!('facts' in video) || video.facts.digest !== digests.get(video.path))
      drift.push({ path: video.path, problem: 'changed' })
  }
  const known = new Set([...manifest.videos, ...manifest.broken].map(({ path }) => path))
  for (const path of scanVideos(root)) if (!known.has(path)) drift.push({ path, problem: 'new' })
  return {
    name: manifest.name,
    checked: manifest.videos.length,
    drift: drift.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  }
}
