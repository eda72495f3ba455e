import { accessSync, constants, existsSync, mkdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { StudioError, systemCode } from '#contract/api/errors.ts'
import { importedModelFiles } from '#contract/domain/imported-model.ts'

/** Where everything of a workspace lies. All paths are absolute. */
export interface WorkspaceLayout {
  readonly root: string
  readonly datasets: string
  readonly pipelines: string
  readonly runs: string
  /** Records of what checkpoints were measured to. */
  readonly probes: string
  /** Models from elsewhere. */
  readonly models: string
  /** What was exported, one record each; the exports themselves lie elsewhere. */
  readonly exports: string
  /** Decoded frames, shared by all runs; may be deleted at any time. */
  readonly frames: string
  /** Datasets that the studio wrote itself. */
  readonly builtIn: string
  readonly database: string
  readonly lock: string
}

export interface Workspace extends WorkspaceLayout {
  /** Lets another studio open the workspace. */
  close(): void
}

export function workspaceLayout(folder: string): WorkspaceLayout {
  const root = resolve(folder)
  return {
    root,
    datasets: join(root, 'datasets'),
    pipelines: join(root, 'pipelines'),
    runs: join(root, 'runs'),
    probes: join(root, 'probes'),
    models: join(root, importedModelFiles.folder),
    exports: join(root, 'exports'),
    frames: join(root, 'frames'),
    builtIn: join(root, 'built-in'),
    database: join(root, 'studio.sqlite'),
    lock: join(root, 'studio.lock'),
  }
}

/**
 * Opens a workspace for this process alone, creating what is missing.
 * Throws `workspace-in-use`, `workspace-read-only`, or `bad-request` where the path is a file.
 */
export function openWorkspace(folder: string): Workspace {
  createFolders(workspaceLayout(folder))
  // A running child is known by the path of its folder, so the same workspace must always have the same path.
  const layout = workspaceLayout(realpathSync(folder))
  const lock = takeLock(layout)
  return { ...layout, close: () => lock.close() }
}

function createFolders(layout: WorkspaceLayout): void {
  if (statSync(layout.root, { throwIfNoEntry: false })?.isFile() === true) {
    throw new StudioError(
      'bad-request',
      `The workspace ${layout.root} is a file, not a folder.`,
      'Choose a folder with --workspace.',
    )
  }
  try {
    for (const path of [layout.datasets, layout.pipelines, layout.runs, layout.models, layout.frames]) makeFolder(path)
    accessSync(layout.root, constants.W_OK)
  } catch (cause) {
    const code = systemCode(cause)
    if (code === 'EEXIST' || code === 'ENOTDIR') {
      throw new StudioError(
        'bad-request',
        `The workspace ${layout.root} cannot be made: a file is in the way.`,
        'Choose another folder with --workspace.',
        { cause },
      )
    }
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOENT') throw readOnly(layout, cause)
    throw cause
  }
}

/** Makes a folder and those above it. (The recursive mkdir of Node 24 never returns below /proc, where nothing can be made.) */
function makeFolder(path: string): void {
  if (existsSync(path) && statSync(path).isDirectory()) return
  if (dirname(path) !== path) makeFolder(dirname(path))
  mkdirSync(path)
}

/**
 * Holds an exclusive lock on a small SQLite file. The operating system gives it free when the process dies,
 * however it dies, so there is never a stale lock to remove.
 */
function takeLock(layout: WorkspaceLayout): Database.Database {
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
    if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_PERM'))
      throw readOnly(layout, cause)
    throw cause
  }
}

function readOnly(layout: WorkspaceLayout, cause: unknown): StudioError {
  return new StudioError(
    'workspace-read-only',
    `The workspace ${layout.root} cannot be written to.`,
    'Choose a folder of your own with --workspace, or change the permissions of this one.',
    { cause },
  )
}
