import { StudioError } from '#contract/api/errors.ts'
import type { DatasetManifest } from '#contract/domain/dataset.ts'
import type { RunTask } from '../executors/task.ts'
import { readAnnotations } from './formats/index.ts'
import { type InspectedVideo, inspectVideos } from './inspect-videos.ts'
import { buildManifest } from './manifest.ts'
import { resolveFolder, scanVideos } from './scan.ts'
import { drawSplits } from './split.ts'

export interface ImportRequest {
  directory: string
  name: string
  seed: number
}

/**
 * Reads a folder of videos into a manifest. Writes nothing.
 * @throws StudioError `dataset-empty` if there are no videos, `dataset-broken` if none can be read
 */
export async function readFolder(
  runTask: RunTask,
  request: ImportRequest,
  report: (done: number, total: number, path: string) => void,
  signal: AbortSignal,
): Promise<DatasetManifest> {
  const root = resolveFolder(request.directory)
  const found = scanVideos(root)
  if (found.length === 0)
    throw new StudioError(
      'dataset-empty',
      `The folder ${root} contains no video files.`,
      'Choose a folder with one folder of videos per class, or with videos and a labels.csv.',
    )
  const annotations = readAnnotations(root, found)
  const paths = annotations.map(({ path }) => path).toSorted()
  if (paths.length === 0)
    throw new StudioError(
      'dataset-empty',
      `The file labels.csv in ${root} lists no videos.`,
      'Add one line per video, or remove the file to use one folder per class.',
    )

  let done = 0
  report(0, paths.length, '')
  const inspected = await inspectVideos(runTask, root, paths, ({ path }) => report(++done, paths.length, path), signal)
  const readable = new Set(inspected.filter((video) => 'facts' in video).map(({ path }) => path))
  if (readable.size === 0) throw allBroken(root, inspected)
  const splits = drawSplits(
    annotations.filter(({ path }) => readable.has(path)),
    request.seed,
  )
  return buildManifest({
    name: request.name,
    root,
    createdAt: new Date().toISOString(),
    annotations,
    inspected,
    splits,
  })
}

const listedFiles = 5

function allBroken(root: string, inspected: readonly InspectedVideo[]): StudioError {
  const listed = inspected
    .slice(0, listedFiles)
    .map((video) => `${video.path}: ${'reason' in video ? video.reason : ''}`)
  const more = inspected.length > listedFiles ? [`and ${inspected.length - listedFiles} more`] : []
  return new StudioError(
    'dataset-broken',
    `None of the ${inspected.length} video files in ${root} can be read:\n${[...listed, ...more].join('\n')}`,
    'Replace or convert the files, then import the folder again.',
  )
}
