import { type Dirent, lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { lstat, readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { StudioError, systemCode } from '#contract/api/errors.ts'
import { slug } from '#contract/domain/dataset.ts'
import { pipelineFile } from '#contract/domain/pipeline.ts'
import { trashEntry } from '#contract/domain/trash.ts'
import { formatVersions, pipelineOrganizationEnding, trashSeparator, workspaceFiles } from '#contract/layout.ts'
import { stageNames } from '#contract/stages/index.ts'
import { readJson, writeJson } from '#node/json-file.ts'
import type { WorkspacePaths } from '#node/workspace-paths.ts'

/** Only names of this form become paths: an id from a document must not lead out of the workspace. */
export const runIdPattern = /^[a-z0-9][a-z0-9-]*\.[a-z0-9-]+$/
const runId = z.string().regex(runIdPattern, 'This is not the id of a run.')

/**
 * `trash/<entry>/entry.json`. The state says which move is in progress, so that one that was interrupted is completed at the
 * next start.
 */
const entryFile = trashEntry.omit({ entryId: true }).extend({
  version: z.literal(formatVersions.trash),
  id: z.union([slug, runId]),
  pipelineId: slug,
  runIds: z.array(runId),
  state: z.enum(['moving-in', 'in-trash', 'moving-out']),
})
export type TrashDocument = Omit<z.infer<typeof entryFile>, 'version' | 'state'>
/** What is in the trash, by the name of its folder. */
export type Trashed = TrashDocument & { readonly entryId: string }

const entryName = 'entry.json'
/** Names of entries that are being deleted. A dot hides them from the list. */
const purgedName = (entryId: string): string => `.${entryId}.purged`
const isPurged = (name: string): boolean => name.startsWith('.') && name.endsWith('.purged')

/**
 * The folder `trash/`: moves the files of runs and pipelines into it and out of it by renaming. Links are neither followed nor
 * moved.
 */
export class TrashFolder {
  readonly #paths: WorkspacePaths

  constructor(paths: WorkspacePaths) {
    this.#paths = paths
  }

  /** Entries that are completely in the trash, newest first. A damaged one is reported and left out. */
  list(onProblem: (error: unknown) => void): Trashed[] {
    return this.#read(onProblem)
      .filter(({ state }) => state === 'in-trash')
      .toSorted((a, b) => (a.trashedAt > b.trashedAt ? -1 : 1))
  }

  /**
   * Moves the files of a run or a pipeline into the trash, or nothing if one cannot be moved.
   * @throws StudioError `bad-request` for a link, or if `trash/` is on another file system
   */
  put(document: TrashDocument): Trashed {
    this.#requireRealFolders()
    if (document.kind === 'run') readJson(this.#pipeline(document.pipelineId), pipelineFile)
    for (const id of document.runIds) requireNoLink(join(this.#paths.runs, id), `The folder of the run ${id}`)
    const entry = { ...document, entryId: this.#freeName(document.id) }
    mkdirSync(join(this.#entry(entry), 'runs'), { recursive: true })
    mkdirSync(join(this.#entry(entry), 'pipelines'))
    this.#write(entry, 'moving-in')
    try {
      this.#moveIn(entry)
    } catch (cause) {
      this.#moveOut(entry)
      this.forget(entry)
      throw systemCode(cause) === 'EXDEV' ? otherFileSystem(cause) : cause
    }
    return entry
  }

  /** Moves the files back. The entry stays until `forget`, so that a crash before is completed at the next start. @throws StudioError `already-exists` if the workspace has such a run or pipeline again */
  restore(entry: Trashed): void {
    this.#requireRealFolders()
    for (const path of this.#originals(entry))
      if (isThere(path))
        throw new StudioError(
          'already-exists',
          `${entry.id} cannot be restored: ${path} exists.`,
          'Move or rename what is there, then restore again.',
        )
    if (entry.kind === 'run' && !isThere(this.#pipeline(entry.pipelineId)))
      throw new StudioError(
        'run-state',
        `The run ${entry.id} cannot be restored: its pipeline ${entry.pipelineId} is not in the workspace.`,
        `Restore the pipeline ${entry.pipelineId} first.`,
      )
    this.#write(entry, 'moving-out')
    this.#moveOut(entry)
  }

  /** Removes a restored entry. Refused by the file system if files are left in it. */
  forget(entry: Trashed): void {
    rmdirSync(join(this.#entry(entry), 'runs'))
    rmdirSync(join(this.#entry(entry), 'pipelines'))
    rmSync(join(this.#entry(entry), entryName))
    rmdirSync(this.#entry(entry))
  }

  /** Deletes an entry for good. Returns the bytes that this freed. */
  async purge(entry: Trashed): Promise<number> {
    this.#requireRealFolders()
    const folder = this.#entry(entry)
    requireNoLink(folder, `The folder of ${entry.id} in the trash`)
    const doomed = join(this.#paths.trash, purgedName(entry.entryId))
    // After the rename the entry is gone; what a crash leaves is deleted at the next start.
    renameSync(folder, doomed)
    const bytes = await sizeOf(doomed)
    await rm(doomed, { recursive: true })
    return bytes
  }

  /** Bytes of the files of a run or pipeline that is not in the trash. */
  async sizeOf({ kind, id, runIds }: Pick<TrashDocument, 'kind' | 'id' | 'runIds'>): Promise<number> {
    const paths = [...runIds.map((run) => join(this.#paths.runs, run)), ...(kind === 'pipeline' ? this.#files(id) : [])]
    const sizes = await Promise.all(paths.map(sizeOf))
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  /** Completes moves and deletions that were interrupted. Returns the entries that were moved out, which the caller forgets. */
  async recover(onProblem: (error: unknown) => void): Promise<Trashed[]> {
    if (!isThere(this.#paths.trash) || isLink(this.#paths.trash)) return []
    const movedOut: Trashed[] = []
    for (const { state, ...entry } of this.#read(onProblem))
      try {
        if (state === 'moving-in') this.#moveIn(entry)
        if (state === 'moving-out') {
          this.#moveOut(entry)
          movedOut.push(entry)
        }
      } catch (cause) {
        onProblem(cause)
      }
    for (const name of readdirSync(this.#paths.trash))
      if (isPurged(name) && !isLink(join(this.#paths.trash, name)))
        await rm(join(this.#paths.trash, name), { recursive: true }).catch(onProblem)
    return movedOut
  }

  #moveIn(entry: Trashed): void {
    for (const id of entry.runIds) move(join(this.#paths.runs, id), join(this.#entry(entry), 'runs', id))
    if (entry.kind === 'pipeline')
      for (const file of this.#files(entry.id)) move(file, join(this.#entry(entry), 'pipelines', basename(file)))
    else this.#changeRuns(entry.pipelineId, (ids) => ids.filter((id) => !entry.runIds.includes(id)))
    this.#write(entry, 'in-trash')
  }

  #moveOut(entry: Trashed): void {
    for (const id of entry.runIds) move(join(this.#entry(entry), 'runs', id), join(this.#paths.runs, id))
    // The pipeline last: without it the folders are ignored.
    if (entry.kind === 'pipeline')
      for (const file of this.#files(entry.id).toReversed())
        move(join(this.#entry(entry), 'pipelines', basename(file)), file)
    else this.#changeRuns(entry.pipelineId, (ids) => inOrder([...new Set([...ids, ...entry.runIds])]))
  }

  #changeRuns(pipelineId: string, change: (ids: string[]) => string[]): void {
    const file = this.#pipeline(pipelineId)
    const document = readJson(file, pipelineFile)
    writeJson(file, { ...document, runIds: change(document.runIds) })
  }

  #read(onProblem: (error: unknown) => void): (Trashed & Pick<z.infer<typeof entryFile>, 'state'>)[] {
    if (!isThere(this.#paths.trash) || isLink(this.#paths.trash)) return []
    return readdirSync(this.#paths.trash, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .flatMap(({ name }) => {
        try {
          const { version: _, ...document } = readJson(join(this.#paths.trash, name, entryName), entryFile)
          return [{ ...document, entryId: name }]
        } catch (cause) {
          onProblem(cause)
          return []
        }
      })
  }

  #write({ entryId, ...document }: Trashed, state: z.infer<typeof entryFile>['state']): void {
    writeJson(join(this.#paths.trash, entryId, entryName), { version: formatVersions.trash, ...document, state })
  }

  #originals({ kind, id, runIds }: TrashDocument): string[] {
    return [...runIds.map((run) => join(this.#paths.runs, run)), ...(kind === 'pipeline' ? this.#files(id) : [])]
  }

  #files(pipelineId: string): string[] {
    return [this.#pipeline(pipelineId), join(this.#paths.pipelines, `${pipelineId}${pipelineOrganizationEnding}`)]
  }

  #pipeline(id: string): string {
    return join(this.#paths.pipelines, `${id}.json`)
  }

  #entry({ entryId }: Pick<Trashed, 'entryId'>): string {
    return join(this.#paths.trash, entryId)
  }

  #freeName(id: string): string {
    for (let number = 1; ; number++) {
      const name = `${id}${trashSeparator}${number}`
      if (!isThere(join(this.#paths.trash, name)) && !isThere(join(this.#paths.trash, purgedName(name)))) return name
    }
  }

  #requireRealFolders(): void {
    for (const name of ['runs', 'pipelines', 'trash'] as const)
      requireNoLink(this.#paths[name], `The folder ${workspaceFiles[name]}/ of the workspace`)
  }
}

/** Renames a path if it is there: a move that was interrupted is repeated from its beginning. */
function move(from: string, to: string): void {
  if (!isThere(from)) return
  requireNoLink(from, from)
  if (isThere(to))
    throw new StudioError(
      'already-exists',
      `${from} cannot be moved: ${to} exists.`,
      'Move or remove one of them, then open the workspace again.',
    )
  renameSync(from, to)
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined
const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true

function requireNoLink(path: string, name: string): void {
  if (!isLink(path)) return
  throw new StudioError(
    'bad-request',
    `${name} is a link, and the trash follows no links, so nothing was changed.`,
    `Replace ${path} by the folder itself, or remove it by hand.`,
  )
}

const otherFileSystem = (cause: unknown): StudioError =>
  new StudioError(
    'bad-request',
    'The runs and the trash of the workspace are on different file systems, so nothing was moved.',
    'Keep the folders runs/ and trash/ of the workspace on one file system.',
    { cause },
  )

const stageOrder: readonly string[] = stageNames
const stageIndex = (id: string): number => stageOrder.indexOf(id.slice(id.lastIndexOf('.') + 1))
const inOrder = (runIds: readonly string[]): string[] => runIds.toSorted((a, b) => stageIndex(a) - stageIndex(b))

/** Bytes of a file, or of all files below a folder. Links count nothing, and neither do files that have another name elsewhere. */
async function sizeOf(path: string): Promise<number> {
  const stats = await lstat(path).catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT') return undefined
    throw cause
  })
  if (stats === undefined || stats.isSymbolicLink()) return 0
  if (!stats.isDirectory()) return stats.nlink > 1 ? 0 : stats.size
  let bytes = 0
  const entries: Dirent[] = await readdir(path, { withFileTypes: true })
  for (const entry of entries) bytes += await sizeOf(join(path, entry.name))
  return bytes
}
