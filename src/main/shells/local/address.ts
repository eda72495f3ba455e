import { createHash, randomBytes } from 'node:crypto'
import { existsSync, lstatSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { StudioError, systemCode } from '#contract/api/errors.ts'
import { type StudioFile, studioFile } from '#contract/domain/access.ts'
import { accessFiles } from '#contract/layout.ts'
import { readJsonIfPresent } from '#node/json-file.ts'
import type { WorkspacePaths } from '#node/workspace-paths.ts'

/** Longest path of a Unix socket in bytes: 104 with the zero byte on macOS, 108 on Linux. */
const longestPathBytes = 103

/** A name for folders of sockets outside of a workspace. */
const folderPrefix = 'mvd-studio-'

const fits = (path: string): boolean => Buffer.byteLength(path) <= longestPathBytes

export const recordFile = ({ access }: WorkspacePaths): string => join(access, accessFiles.studio)

/** What `access/studio.json` says; undefined if no studio has left one that can be read. */
export function readRecord(workspace: WorkspacePaths): StudioFile | undefined {
  try {
    return readJsonIfPresent(recordFile(workspace), studioFile)
  } catch (cause) {
    if (cause instanceof StudioError || systemCode(cause) !== undefined) return undefined
    throw cause
  }
}

/** The socket of a record as a path or a name of a pipe. */
export const socketOf = ({ root }: WorkspacePaths, { socket }: StudioFile): string =>
  isAbsolute(socket) ? socket : join(root, socket)

/** An address to listen on, and how `access/studio.json` names it. */
export interface Address {
  readonly path: string
  readonly recorded: string
}

/** The socket inside a workspace, if its path is short enough. */
export function insideAddress({ access }: WorkspacePaths): Address | undefined {
  const path = join(access, accessFiles.socket)
  return fits(path) ? { path, recorded: `${basename(access)}/${accessFiles.socket}` } : undefined
}

/**
 * Where a studio may listen, best first: inside the workspace, or, if that path is too long or its file system has no sockets, in a
 * new folder for the owner only. On Windows a pipe, whose name another user cannot guess and take first.
 */
export function* addresses(workspace: WorkspacePaths, platform = process.platform): Generator<Address> {
  if (platform === 'win32') {
    const pipe = `\\\\.\\pipe\\mvd-studio-${shortHash(workspace.root)}-${randomBytes(8).toString('hex')}`
    return yield { path: pipe, recorded: pipe }
  }
  const inside = insideAddress(workspace)
  if (inside !== undefined) yield inside
  for (const folder of new Set([process.env['XDG_RUNTIME_DIR'], tmpdir(), '/tmp'])) {
    if (folder === undefined || !existsSync(folder) || !fits(join(folder, `${folderPrefix}xxxxxx`, accessFiles.socket)))
      continue
    try {
      const path = join(mkdtempSync(join(folder, folderPrefix)), accessFiles.socket)
      yield { path, recorded: path }
    } catch (cause) {
      // The next folder may allow it.
      if (systemCode(cause) === undefined) throw cause
    }
  }
}

/** Removes a socket that nobody listens on, with its folder if that was made for it. */
export function removeSocket(path: string): void {
  try {
    if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true) rmSync(path, { force: true })
    const folder = dirname(path)
    if (basename(folder).startsWith(folderPrefix) && basename(path) === accessFiles.socket) rmdirSync(folder)
  } catch (cause) {
    // A remnant in another folder does no harm: the next studio takes a new one.
    if (systemCode(cause) === undefined) throw cause
  }
}

const shortHash = (text: string): string => createHash('sha256').update(text.toLowerCase()).digest('hex').slice(0, 16)
