import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import type Database from 'better-sqlite3'
import { StudioError, systemCode } from '#contract/api/errors.ts'

/** Larger databases are checked only if they were not closed properly: reading them takes seconds. */
const alwaysCheckedBytes = 64 * 2 ** 20

/** The database cannot be used, and can be rebuilt from the files of the workspace. */
export class DamagedDatabase extends StudioError {
  constructor(file: string, problem: string, cause?: unknown) {
    super(
      'internal',
      `The database ${file} is damaged: ${problem}.`,
      'Rebuild it from the files of the workspace with the command `reindex`; nothing is lost.',
      { cause },
    )
  }
}

/** Whether SQLite says that a database is damaged, or none at all. */
export function isDamage(cause: unknown): boolean {
  const code = systemCode(cause) ?? ''
  return code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')
}

/** Whether the pages of a database are to be checked when it is opened. Call it before. */
export function needsCheck(file: string): boolean {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined || !found.isFile()) return false
  return found.size <= alwaysCheckedBytes || existsSync(`${file}-wal`)
}

/** @throws DamagedDatabase if a page is damaged */
export function checkPages(database: Database.Database, file: string): void {
  const found = database.pragma('quick_check(1)', { simple: true })
  if (found !== 'ok') throw new DamagedDatabase(file, String(found).replaceAll('\n', ' '))
}

/** Moves a damaged database aside, where it replaces an earlier one. Returns its new path. */
export function setAside(file: string): string {
  const aside = `${file}.damaged`
  for (const ending of ['', '-wal', '-shm']) {
    rmSync(aside + ending, { recursive: true, force: true })
    if (existsSync(file + ending)) renameSync(file + ending, aside + ending)
  }
  return aside
}
