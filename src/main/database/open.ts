import { readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import Database from 'better-sqlite3'
import { StudioError } from '#contract/api/errors.ts'
import { migrations as allMigrations } from './migrations.ts'
import { checkPages, DamagedDatabase, isDamage, needsCheck } from './recovery.ts'

export type StudioDatabase = Database.Database

/**
 * Opens the studio's database and brings it to the newest schema: each migration in a separate transaction,
 * after a copy of an existing database (`<file>.backup-v<old version>`), of which the newest two are kept.
 *
 * @param onBackup gets a sentence that names the copy
 * @throws DamagedDatabase if a page is damaged; StudioError `workspace-newer` if a later studio has written it
 *
 * better-sqlite3 binds every JavaScript number as REAL. Columns with INTEGER affinity turn whole numbers back,
 * but arithmetic on a bound number inside a statement does not: cast there.
 */
export function openDatabase(
  file: string,
  migrations: readonly string[] = allMigrations,
  onBackup: (sentence: string) => void = () => {},
): StudioDatabase {
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true)
    throw new DamagedDatabase(file, 'it is a folder')
  const isChecked = needsCheck(file)
  const database = new Database(file, { timeout: 5000 })
  try {
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = NORMAL')
    database.pragma('foreign_keys = ON')
    requireKnown(database, file, migrations.length)
    if (isChecked) checkPages(database, file)
    migrate(database, file, migrations, onBackup)
    if (schemaOf(database) !== schemaAfter(migrations)) throw new DamagedDatabase(file, 'its schema was changed')
    return database
  } catch (cause) {
    database.close()
    if (isDamage(cause)) throw new DamagedDatabase(file, sentenceOf(cause), cause)
    throw cause
  }
}

const sentenceOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** @throws StudioError `workspace-newer` if a later studio has written the database */
export function requireKnown(database: StudioDatabase, file: string, known: number = allMigrations.length): void {
  const version = versionOf(database)
  if (version > known)
    throw new StudioError(
      'workspace-newer',
      `The database ${file} was written by a newer studio (schema ${version}; this one knows ${known}).`,
      'Open the workspace with the newer studio, or choose another folder with --workspace.',
    )
}

/** Columns and indexes of a database. Its statements are not compared: versions of SQLite write renamed tables differently. */
const schemaOf = (database: StudioDatabase): string =>
  JSON.stringify(
    database
      .prepare(`
        SELECT item.name, item.type, info.name AS column, info.type AS kind, info.pk
        FROM sqlite_schema AS item LEFT JOIN pragma_table_info(item.name) AS info
        WHERE item.name NOT LIKE 'sqlite%' ORDER BY item.name, info.cid`)
      .all(),
  )

/** The schema that migrations make. The pages of a schema with a changed byte may be whole. */
function schemaAfter(migrations: readonly string[]): string {
  const database = new Database(':memory:')
  try {
    for (const migration of migrations) database.exec(migration)
    return schemaOf(database)
  } finally {
    database.close()
  }
}

const versionOf = (database: StudioDatabase): number => Number(database.pragma('user_version', { simple: true }))

function migrate(
  database: StudioDatabase,
  file: string,
  migrations: readonly string[],
  onBackup: (sentence: string) => void,
): void {
  const version = versionOf(database)
  if (version > 0 && version < migrations.length) {
    const backup = backUp(database, file, version)
    onBackup(
      `The database was written by an earlier studio and is brought to its newest schema. A copy of it was made before: ${backup}`,
    )
  }
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue
    database.transaction(() => {
      database.exec(migration)
      database.pragma(`user_version = ${index + 1}`)
    })()
  }
}

/** Copies of databases that are kept beside one. */
const keptBackups = 2

/** Copies a database beside itself and deletes older copies. Returns the path of the copy, which is whole or absent. */
function backUp(database: StudioDatabase, file: string, version: number): string {
  const backup = `${file}.backup-v${version}`
  const temporary = `${backup}.tmp`
  rmSync(temporary, { force: true })
  try {
    database.prepare('VACUUM INTO ?').run(temporary)
    renameSync(temporary, backup)
  } catch (cause) {
    rmSync(temporary, { force: true })
    throw cause
  }
  const beginning = `${basename(file)}.backup-v`
  const versions = readdirSync(dirname(file)).flatMap((name) => {
    const found = name.startsWith(beginning) ? Number(name.slice(beginning.length)) : Number.NaN
    return Number.isInteger(found) ? [found] : []
  })
  for (const old of versions.toSorted((a, b) => b - a).slice(keptBackups)) rmSync(`${file}.backup-v${old}`)
  return backup
}
