import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, resolve } from 'node:path'
import { StudioError, systemCode } from '#contract/api/errors.ts'
import type { RunExport, RunExportFormat, RunExportRequest } from '#contract/domain/run-export.ts'
import { formatList, formatQuantity } from '#contract/format.ts'
import { requirePortableName } from '#contract/portable-name.ts'
import { refuseSpecialFile } from '#node/regular-file.ts'
import { csv } from './csv.ts'
import type { ExportedRun, Exporter } from './exporter.ts'
import { mlflow } from './mlflow.ts'
import { parquet } from './parquet.ts'
import { tensorBoard } from './tensorboard.ts'

const exporters: Readonly<Record<RunExportFormat, Exporter>> = { tensorboard: tensorBoard, csv, parquet, mlflow }

/** Writes runs in formats of other programs. */
export class RunExports {
  readonly #find: (id: string) => ExportedRun
  readonly #liveFolder: () => string | null

  /**
   * @param find returns a run with the file of its events, or throws `not-found`
   * @param liveFolder returns the folder whose event files are written while runs compute, if there is one
   */
  constructor(find: (id: string) => ExportedRun, liveFolder: () => string | null) {
    this.#find = find
    this.#liveFolder = liveFolder
  }

  /**
   * Writes runs into a folder, which is created if it does not exist. Everything is written next to its target first, so that a
   * failure leaves no file and replaces none.
   * @throws StudioError `not-found`; `bad-request` for a relative path; `already-exists` if a file is there and `force` is false.
   */
  async export({ ids, format, to, force }: RunExportRequest, signal?: AbortSignal): Promise<RunExport> {
    if (!isAbsolute(to))
      throw new StudioError(
        'bad-request',
        `The path "${to}" to export to is not absolute.`,
        'Give the whole path, beginning with the root of the file system.',
      )
    const liveFolder = this.#liveFolder()
    if (format === 'tensorboard' && liveFolder !== null && resolve(to) === resolve(liveFolder))
      throw new StudioError(
        'bad-request',
        `The runs of this workspace write their event files to ${to} while they compute.`,
        'Choose another folder.',
      )
    const runs = [...new Set(ids)].map((id) => this.#find(id))
    const exporter = exporters[format]
    const names = exporter.files(runs)
    const folder = await createFolder(to)
    const staging = await mkdtemp(join(folder, '.export-'))
    try {
      await requireFree(folder, names, force)
      for (const name of names) await mkdir(dirname(join(staging, name)), { recursive: true })
      const { points, notes } = await exporter.write(staging, runs, signal)
      await requireFree(folder, names, force)
      for (const name of names) {
        await mkdir(dirname(join(folder, name)), { recursive: true })
        await rename(join(staging, name), join(folder, name))
      }
      const files = await Promise.all(
        names.map(async (name) => ({ name, sizeBytes: (await stat(join(folder, name))).size })),
      )
      return { format, folder, runs: runs.length, points, files, notes: [...notes, ...emptyRuns(runs)] }
    } finally {
      await rm(staging, { recursive: true, force: true })
    }
  }
}

async function createFolder(path: string): Promise<string> {
  requirePortableName(basename(path))
  try {
    await mkdir(path, { recursive: true })
  } catch (cause) {
    if (systemCode(cause) !== 'EEXIST' && systemCode(cause) !== 'ENOTDIR') throw cause
    throw new StudioError(
      'already-exists',
      `${path} cannot be a folder: there is a file with its name or with that of a parent folder.`,
      'Choose another folder.',
      { cause },
    )
  }
  return path
}

/** Refuses files that exist, unless they may be replaced, and event files of others, whose curves would be mixed with these. */
async function requireFree(folder: string, names: readonly string[], force: boolean): Promise<void> {
  for (const name of names) refuseSpecialFile(join(folder, name))
  const taken = names.filter((name) => existsSync(join(folder, name)))
  if (taken.length > 0 && !force) {
    const shown = taken.slice(0, 3)
    const more = taken.length - shown.length
    throw new StudioError(
      'already-exists',
      `The folder ${folder} already has ${formatList([...shown, ...(more > 0 ? [formatQuantity(more, 'more file')] : [])])}.`,
      'Choose another folder, or replace the earlier export with --force.',
    )
  }
  for (const name of names.filter((name) => name.includes('/'))) {
    const parent = dirname(join(folder, name))
    if (!existsSync(parent)) continue
    const other = (await readdir(parent)).find((entry) => entry.includes('tfevents') && entry !== basename(name))
    if (other !== undefined)
      throw new StudioError(
        'already-exists',
        `The folder ${parent} already has the event file ${other}; TensorBoard would mix its curves with those of the run.`,
        'Choose another folder.',
      )
  }
}

function emptyRuns(runs: readonly ExportedRun[]): string[] {
  const empty = runs.filter(({ run }) => run.summaries.length === 0).map(({ run }) => run.id)
  if (empty.length === 0) return []
  return [
    empty.length === 1
      ? `The run ${empty[0]} has no points yet.`
      : `${formatQuantity(empty.length, 'run')} have no points yet, among them ${empty[0]}.`,
  ]
}
