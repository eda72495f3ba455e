import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FolderTaskName, TaskInput } from '#contract/api/tasks.ts'
import { openDataset, readDataset, writeDataset } from '#node/dataset-files.ts'
import { writeJson } from '#node/json-file.ts'
import type { Tasks } from '#node/serve-task.ts'
import { type ChildProgram, type RunTask, taskRunnerOf } from '../executors/task.ts'
import { checkDataset } from './check.ts'
import { compareVersions } from './compare-versions.ts'
import { drawAgain, knownCopies } from './draw-again.ts'
import { type ReadFolder, readFolder } from './import.ts'
import { importedFiles } from './integrity/imported-files.ts'
import { IntegrityFile } from './integrity/records.ts'
import { previewImport } from './preview-import.ts'
import { takeOver } from './take-over.ts'

/** Runs tasks in the process that reads folders. */
export function folderTaskRunner({ nodePath, trainingEntry }: ChildProgram): RunTask {
  const entry = fileURLToPath(new URL('./folder-process.ts', import.meta.url))
  return taskRunnerOf(nodePath, (name) => [entry, 'task', name, trainingEntry])
}

/** Progress is reported so often at most. */
const reportEveryMs = 50

/** @param runTask runs the tasks of training children */
export const folderTasks = (runTask: RunTask): Tasks<FolderTaskName> => ({
  'preview-folder': async () => async (request) => previewImport(request),
  'take-over-version':
    async () =>
    async ({ from, to, areDecodedKept }) => {
      takeOver(from, to, areDecodedKept)
      return {}
    },
  'check-folder':
    async () =>
    async ({ manifest }, _report, signal) =>
      checkDataset(runTask, openDataset(manifest), signal),
  'draw-splits':
    async () =>
    async ({ manifest, drawing, as, to }) => {
      const dataset = readDataset(manifest)
      const copies = drawing.groupBy.by === 'near-duplicates' ? knownCopies(dirname(manifest), dataset.name) : []
      const set = drawAgain(dataset, drawing, as, copies)
      writeJson(to, set)
      return { name: set.name }
    },
  'read-folder': async () => async (input, report, signal) => {
    let reportedAt = -Infinity
    const onProgress = (done: number, total: number, path: string) => {
      if (done < total && performance.now() - reportedAt < reportEveryMs) return
      reportedAt = performance.now()
      report({ done, total, path })
    }
    const read = await readFolder(runTask, input.request, onProgress, signal)
    return { change: await write(read, input, signal) }
  },
})

/** Writes the files of a new dataset, or of a next version that differs from the current one. @returns how it does */
async function write(
  read: ReadFolder,
  { to, current }: Pick<TaskInput<'read-folder'>, 'to' | 'current'>,
  signal: AbortSignal,
) {
  const { manifest } = read
  const before = current === undefined ? undefined : openDataset(current)
  if (before?.detail.digest === manifest.digest) return null
  const change =
    before === undefined
      ? null
      : compareVersions({ labelSets: before.detail.labelSets, lines: before.lines() }, manifest)
  const { records, comparison } = await importedFiles(read, signal)
  mkdirSync(to)
  writeDataset(to, manifest)
  new IntegrityFile(to).add([...records.map((file) => ({ file })), { comparison }])
  return change
}
