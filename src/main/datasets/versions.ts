import { join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import type { TaskProgress } from '#contract/api/tasks.ts'
import type { DatasetDetail } from '#contract/domain/dataset-detail.ts'
import {
  type DatasetChange,
  replacedFile,
  type DatasetVersion,
  type DatasetVersions,
} from '#contract/domain/dataset-version.ts'
import { chosenColumns } from '#contract/domain/import-report.ts'
import { datasetFiles } from '#contract/layout.ts'
import { openDataset } from '#node/dataset-files.ts'
import { earlierVersions } from '#node/dataset-versions.ts'
import { readJson } from '#node/json-file.ts'
import type { RunTask } from '../executors/task.ts'
import type { Integrity } from './integrity/service.ts'
import type { DatasetStore } from './store.ts'

/** A pipeline and the version of the dataset that it was launched with. */
export interface DatasetUser {
  readonly id: string
  readonly digest: string
}

/** The versions of a dataset, the current one first. */
export function listVersions(
  store: DatasetStore,
  current: DatasetDetail,
  users: readonly DatasetUser[],
): DatasetVersions {
  const earlier = earlierVersions(store.folder(current.name)).map(({ number, folder }) => ({
    number,
    detail: openDataset(join(folder, datasetFiles.manifest)).detail,
    change: readJson(join(folder, datasetFiles.replaced), replacedFile).change,
  }))
  const all = [...earlier, { number: (earlier.at(-1)?.number ?? 0) + 1, detail: current, change: null }]
  const versions = all.map(({ number, detail }, index): DatasetVersion => {
    const { createdAt, digest, videoCount, sampleCount, brokenCount } = detail
    const pipelines = users.filter((user) => user.digest === digest).map(({ id }) => id)
    const change = all[index - 1]?.change ?? null
    return { number, createdAt, digest, videoCount, sampleCount, brokenCount, change, pipelines }
  })
  return { name: current.name, versions: versions.toReversed() }
}

/**
 * Reads the folder of a dataset again, with the choices of its import, and replaces the dataset if a sample has changed.
 * @returns what has changed; null if nothing has
 * @throws StudioError `run-state` if the choices of the import are not known, and as `readFolder`
 */
export async function reimportDataset(
  {
    store,
    integrity,
    runFolderTask,
    frameCache,
  }: {
    store: DatasetStore
    integrity: Pick<Integrity, 'remove'>
    runFolderTask: RunTask
    frameCache: string
  },
  name: string,
  onProgress: (progress: TaskProgress<'read-folder'>) => void,
  signal: AbortSignal,
): Promise<DatasetChange | null> {
  const { detail } = store.whole(name)
  if (detail.report === null)
    throw new StudioError(
      'run-state',
      `An earlier version of the studio imported the dataset ${name} and did not store how.`,
      'Import the folder again under another name.',
    )
  const { followLinks, drawing, frameRate, check } = detail.report
  const request = {
    directory: detail.root,
    name,
    followLinks,
    drawing,
    columns: chosenColumns(detail.report),
    frameRate,
    check,
    frameCache,
  }
  return store.replace(name, async (to) => {
    const input = { request, to, current: store.manifestFile(name) }
    const { change } = await runFolderTask('read-folder', input, { signal, onProgress })
    if (change === null) return null
    // What a verification finds would be compared with the version that is replaced.
    await integrity.remove(name)
    const kept = { from: store.folder(name), to, areDecodedKept: check === 'index' }
    await runFolderTask('take-over-version', kept, { signal })
    return change
  })
}
