import { accessSync, constants, existsSync, mkdirSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { StudioError, systemCode, systemProblem } from '#contract/api/errors.ts'
import { type WorkspacePaths, workspacePaths } from '#node/workspace-paths.ts'

export interface Workspace extends WorkspacePaths {
  /** Lets another studio open the workspace. */
  close(): void
}

/**
 * Opens a workspace for this process alone, creating what is missing.
 * Throws `workspace-in-use`, `workspace-read-only`, or `bad-request` if the path is a file.
 */
export function openWorkspace(folder: string): Workspace {
  createFolders(workspacePaths(folder))
  // A running child is known by the path of its folder, so the same workspace must always have the same path.
  const layout = workspacePaths(realpathSync(folder))
  const lock = takeLock(layout)
  return { ...layout, close: () => lock.close() }
}

function createFolders(layout: WorkspacePaths): void {
  try {
    if (statSync(layout.root, { throwIfNoEntry: false })?.isFile() === true)
      throw new StudioError(
        'bad-request',
        `The workspace ${layout.root} is a file, not a folder.`,
        'Choose a folder with --workspace.',
      )
    for (const path of [layout.datasets, layout.pipelines, layout.runs, layout.models, layout.frames]) makeFolder(path)
    accessSync(layout.root, constants.W_OK)
  } catch (cause) {
    const code = systemCode(cause)
    if (code === 'EEXIST' || code === 'ENOTDIR') {
      throw new StudioError(
        'bad-request',
        `The workspace ${layout.root} cannot be created: a file has the name of one of its folders.`,
        'Choose another folder with --workspace.',
        { cause },
      )
    }
    if (code === 'ENAMETOOLONG') throw pathTooLong(layout, cause)
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOENT') throw readOnly(layout, cause)
    throw cause
  }
}

/** Longest path of a file that SQLite opens, with the ending that it adds for its journal, in bytes. */
const sqlitePathBytes = 512 - '-journal'.length

/** SQLite says only that it cannot open a file whose path is too long. */
const isTooLongForSqlite = (path: string): boolean => Buffer.byteLength(path) >= sqlitePathBytes

function pathTooLong(layout: WorkspacePaths, cause: unknown): StudioError {
  return new StudioError(
    'bad-request',
    `The path of the workspace is too long: ${layout.root}`,
    'Choose a folder with a shorter path with --workspace.',
    { cause },
  )
}

/** Creates a folder and its parents. (The recursive mkdir of Node 24 never returns below /proc.) */
function makeFolder(path: string): void {
  if (existsSync(path) && statSync(path).isDirectory()) return
  if (dirname(path) !== path) makeFolder(dirname(path))
  mkdirSync(path)
}

/**
 * Holds an exclusive lock on a small SQLite file. The operating system releases it when the process ends,
 * however it ends, so there is never a stale lock to remove.
 */
function takeLock(layout: WorkspacePaths): Database.Database {
  let lock: Database.Database | undefined
  try {
    lock = new Database(layout.lock, { timeout: 0 })
    lock.pragma('journal_mode = MEMORY')
    lock.pragma('locking_mode = EXCLUSIVE')
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (cause) {
    lock?.close()
    const code = systemCode(cause) ?? ''
    if (code.startsWith('SQLITE_BUSY')) {
      throw new StudioError(
        'workspace-in-use',
        `The workspace ${layout.root} is already open in another studio.`,
        'Close the other studio (a window, `serve`, or a command that still runs), or choose another folder with --workspace.',
        { cause },
      )
    }
    if (isTooLongForSqlite(layout.lock) || isTooLongForSqlite(layout.database)) throw pathTooLong(layout, cause)
    if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_PERM'))
      throw readOnly(layout, cause)
    throw cause
  }
}

function readOnly(layout: WorkspacePaths, cause: unknown): StudioError {
  const reason = systemProblem(cause)?.problem
  return new StudioError(
    'workspace-read-only',
    `The workspace ${layout.root} cannot be written to${reason === undefined ? '' : `: ${reason}`}.`,
    'Choose a folder that you can write to with --workspace, or change the permissions of this one.',
    { cause },
  )
}
