import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from '#contract/api/errors.ts'

/**
 * A folder of files that can be made again, all with one ending. Several processes share it without a lock: a file is complete or missing, since
 * writers rename it, and its time of modification is when it was last used.
 */
export interface CacheFolder {
  readonly path: string
  /** Ending of its files, with the dot. */
  readonly ending: string
}

const unfinishedEnding = '.tmp'
/** A writer that has written nothing for this long was killed. */
const staleAfterMs = 3_600_000

/** Name under which a process writes a file. The name differs for each writer. */
export const unfinishedName = (name: string, writer: string): string => `${name}.${writer}${unfinishedEnding}`

/** Creates the folder if it is missing, and deletes what killed writers left. */
export function openCacheFolder({ path: folder, ending }: CacheFolder): void {
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (kindOf(name, ending) === 'unfinished' && isLeft(path)) rmSync(path, { force: true })
  }
}

function isLeft(path: string): boolean {
  const facts = statSync(path, { throwIfNoEntry: false })
  return facts !== undefined && Date.now() - facts.mtimeMs > staleAfterMs
}

/** A file of the folder. `unfinished` ones are being written, or their writer was killed. */
interface CacheFile {
  readonly name: string
  readonly bytes: number
  readonly usedAtMs: number
  readonly kind: 'complete' | 'unfinished'
}

/** What the folder holds. */
export interface CacheListing {
  readonly files: readonly CacheFile[]
  readonly bytes: number
}

const filesAtOnce = 32

/** Lists the folder; one that is missing is empty. It deletes nothing. */
export async function listCache({ path: folder, ending }: CacheFolder): Promise<CacheListing> {
  const names = (await unlessMissing(readdir(folder))) ?? []
  const files: CacheFile[] = []
  const now = Date.now()
  for (let at = 0; at < names.length; at += filesAtOnce) {
    const listed = names.slice(at, at + filesAtOnce).map(async (name) => {
      const kind = kindOf(name, ending)
      const facts = kind === undefined ? undefined : await unlessMissing(stat(join(folder, name)))
      if (kind === undefined || facts?.isFile() !== true) return []
      // A time in the future is that of a wrong clock, and would keep the file for good.
      return [{ name, bytes: facts.size, usedAtMs: facts.mtimeMs > now + staleAfterMs ? 0 : facts.mtimeMs, kind }]
    })
    for (const found of await Promise.all(listed)) files.push(...found)
  }
  return { files, bytes: sizeOf(files) }
}

function kindOf(name: string, ending: string): CacheFile['kind'] | undefined {
  if (name.endsWith(ending)) return 'complete'
  // Only names that a writer gave: nothing else in the folder is deleted.
  return name.endsWith(unfinishedEnding) && name.includes(`${ending}.`) ? 'unfinished' : undefined
}

const sizeOf = (files: readonly CacheFile[]): number => files.reduce((sum, { bytes }) => sum + bytes, 0)

/** Whether the writer of a file was killed. */
const isStale = ({ kind, usedAtMs }: CacheFile, now: number): boolean =>
  kind === 'unfinished' && now - usedAtMs > staleAfterMs

/**
 * Deletes files until the rest has at most `maxBytes`: what killed writers left, then the least recently used of those that were last used before
 * `usedBeforeMs`. A file that is used or replaced meanwhile stays. A reader of a deleted file has opened it already, or makes it again.
 * @returns the bytes that are left, and how many files were deleted
 */
export async function evictCache(
  { path: folder }: CacheFolder,
  { files, bytes }: CacheListing,
  maxBytes: number,
  usedBeforeMs = Number.POSITIVE_INFINITY,
): Promise<{ bytes: number; deleted: number }> {
  const now = Date.now()
  const candidates = files
    .filter((file) => isStale(file, now) || (file.kind === 'complete' && file.usedAtMs < usedBeforeMs))
    .toSorted((a, b) => Number(isStale(b, now)) - Number(isStale(a, now)) || a.usedAtMs - b.usedAtMs)
  let left = bytes
  let deleted = 0
  for (const file of candidates) {
    if (left <= maxBytes) break
    const path = join(folder, file.name)
    const facts = await unlessMissing(stat(path))
    if (facts !== undefined && facts.mtimeMs !== file.usedAtMs && file.usedAtMs !== 0) continue
    await rm(path, { force: true })
    left -= file.bytes
    deleted += 1
  }
  return { bytes: left, deleted }
}

/** Undefined if the file or folder does not exist: another process may have deleted it. */
async function unlessMissing<T>(access: Promise<T>): Promise<T | undefined> {
  try {
    return await access
  } catch (cause) {
    const code = systemCode(cause)
    if (code === 'ENOENT') return undefined
    throw cause
  }
}
