import { rmSync } from 'node:fs'
import Database from 'better-sqlite3'
import { StudioError, systemCode } from '#contract/api/errors.ts'
import { migrations as allMigrations } from './migrations.ts'

export type StudioDatabase = Database.Database

/**
 * Opens the studio's database and brings it to the newest schema: each migration in a separate transaction,
 * after a copy of an existing database (`<file>.backup-v<old version>`). Throws `workspace-newer` if a later
 * studio has written it.
 *
 * better-sqlite3 binds every JavaScript number as REAL. Columns with INTEGER affinity turn whole numbers back,
 * but arithmetic on a bound number inside a statement does not: cast there.
 */
export function openDatabase(file: string, migrations: readonly string[] = allMigrations): StudioDatabase {
  const database = new Database(file, { timeout: 5000 })
  try {
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = NORMAL')
    database.pragma('foreign_keys = ON')
    migrate(database, file, migrations)
    return database
  } catch (cause) {
    database.close()
    if (systemCode(cause) === 'SQLITE_NOTADB' || systemCode(cause)?.startsWith('SQLITE_CORRUPT') === true) {
      throw new StudioError(
        'internal',
        `The database ${file} is damaged.`,
        'Rebuild it from the files of the workspace with the command `reindex`; nothing is lost.',
        { cause },
      )
    }
    throw cause
  }
}

function migrate(database: StudioDatabase, file: string, migrations: readonly string[]): void {
  const version = Number(database.pragma('user_version', { simple: true }))
  if (version > migrations.length) {
    throw new StudioError(
      'workspace-newer',
      `The database ${file} was written by a newer studio (schema ${version}; this one knows ${migrations.length}).`,
      'Open the workspace with the newer studio, or choose another folder with --workspace.',
    )
  }
  if (version > 0 && version < migrations.length) {
    const backup = `${file}.backup-v${version}`
    rmSync(backup, { force: true })
    database.prepare('VACUUM INTO ?').run(backup)
  }
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue
    database.transaction(() => {
      database.exec(migration)
      database.pragma(`user_version = ${index + 1}`)
    })()
  }
}
