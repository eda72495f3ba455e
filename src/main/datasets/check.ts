import { join } from 'node:path'
import type { DatasetCheck } from '#contract/domain/dataset.ts'
import { chosenColumns } from '#contract/domain/import-report.ts'
import type { StoredDataset } from '#node/dataset-files.ts'
import { statVideo, videoExists } from '#node/video-stats.ts'
import type { RunTask } from '../executors/task.ts'
import { readAnnotations } from './formats/index.ts'
import { inspectVideos } from './inspect-videos.ts'
import { resolveFolder, scanFolder } from './scan.ts'

/** Differences between a dataset and the files now: missing, changed and new videos, sorted by path. */
export async function checkDataset(
  runTask: RunTask,
  { detail, lines }: StoredDataset,
  signal: AbortSignal,
): Promise<DatasetCheck> {
  const root = resolveFolder(detail.root)
  const frameRate = detail.report?.frameRate
  const drift: DatasetCheck['drift'] = []
  const sameSize: string[] = []
  const digests = new Map<string, string>()
  const broken: string[] = []
  for (const line of lines()) {
    if ('broken' in line) {
      if (line.broken.isMissing !== true) broken.push(line.broken.path)
      continue
    }
    const { video } = line
    // Of the samples of a video, the first one has it.
    if (typeof video === 'string') continue
    digests.set(video.path, video.digest)
    const file = join(root, video.path)
    if (!videoExists(file)) drift.push({ path: video.path, problem: 'missing' })
    else if (statVideo(file).sizeBytes === video.sizeBytes) sameSize.push(video.path)
    else drift.push({ path: video.path, problem: 'changed' })
  }
  for (const video of await inspectVideos(runTask, root, sameSize, () => undefined, { signal, frameRate })) {
    if (!('facts' in video) || video.facts.digest !== digests.get(video.path))
      drift.push({ path: video.path, problem: 'changed' })
  }
  const known = new Set([...digests.keys(), ...broken])
  // Of a folder with a list of labels, only listed videos can be new.
  const folder = scanFolder(root, { followLinks: detail.report?.followLinks ?? false })
  const { annotations } = readAnnotations(folder, { columns: chosenColumns(detail.report) })
  for (const { path } of annotations) if (!known.has(path)) drift.push({ path, problem: 'new' })
  return {
    name: detail.name,
    checked: digests.size,
    drift: drift.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  }
}
