import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { StudioError } from '#contract/api/errors.ts'
import { openWorkspace } from '#main/app/workspace.ts'
import { openDatabase } from '#main/database/open.ts'
import { temporaryFolder } from '../support.ts'

function refused(open: () => unknown, folder: string): string {
  try {
    open()
  } catch (cause) {
    if (cause instanceof StudioError)
      return `${cause.code}: ${cause.message}\n${cause.hint}`.replaceAll(folder, '<folder>')
    throw cause
  }
  throw new Error('Nothing was refused.')
}

test('a workspace is made with its folders', () => {
  const folder = join(temporaryFolder(), 'new', 'workspace')
  const workspace = openWorkspace(folder)
  expect(readdirSync(folder).toSorted()).toEqual(['datasets', 'frames', 'imports', 'pipelines', 'runs', 'studio.lock'])
  workspace.close()
})

test('a workspace that is open cannot be opened again until it is closed', () => {
  const folder = temporaryFolder()
  const workspace = openWorkspace(folder)
  expect(refused(() => openWorkspace(folder), folder)).toMatchInlineSnapshot(`
    "workspace-in-use: The workspace <folder> is already open in another studio.
    Close the other studio (a window, \`serve\`, or a command that still runs), or choose another folder with --workspace."
  `)
  workspace.close()
  openWorkspace(folder).close()
})

test('the lock of a process that was killed is free at once', async () => {
  const folder = temporaryFolder()
  const script = `import { openWorkspace } from '#main/app/workspace.ts'; openWorkspace(${JSON.stringify(folder)}); console.log('open'); setInterval(() => undefined, 1000)`
  const other = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(other.stdout, 'data')
  expect(() => openWorkspace(folder)).toThrow('already open in another studio')
  other.kill('SIGKILL')
  await once(other, 'exit')
  openWorkspace(folder).close()
})

test('a workspace that cannot be written to is refused', () => {
  expect(refused(() => openWorkspace('/proc/mvd-studio'), '/proc/mvd-studio')).toMatchInlineSnapshot(`
    "workspace-read-only: The workspace <folder> cannot be written to.
    Choose a folder that you can write to with --workspace, or change the permissions of this one."
  `)
})

test.each([
  ['for SQLite', 600],
  ['for the file system', 5000],
])('a path that is too long %s is called so', (_why, length) => {
  const folder = join(temporaryFolder(), ...Array.from({ length: length / 100 }, () => 'd'.repeat(99)))
  expect(refused(() => openWorkspace(folder), folder)).toBe(
    'bad-request: The path of the workspace is too long: <folder>\nChoose a folder with a shorter path with --workspace.',
  )
})

test('a file is not a workspace, nor is a folder with a file in the way', () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'runs'), '')
  expect(refused(() => openWorkspace(join(folder, 'runs')), folder)).toMatchInlineSnapshot(`
    "bad-request: The workspace <folder>/runs is a file, not a folder.
    Choose a folder with --workspace."
  `)
  expect(refused(() => openWorkspace(folder), folder)).toMatchInlineSnapshot(`
    "bad-request: The workspace <folder> cannot be created: a file has the name of one of its folders.
    Choose another folder with --workspace."
  `)
})

test('a database of a newer studio is left alone', () => {
  const file = join(temporaryFolder(), 'studio.sqlite')
  openDatabase(file, ['CREATE TABLE a (x)', 'CREATE TABLE b (x)']).close()
  expect(refused(() => openDatabase(file, ['CREATE TABLE a (x)']), file)).toMatchInlineSnapshot(`
    "workspace-newer: The database <folder> was written by a newer studio (schema 2; this one knows 1).
    Open the workspace with the newer studio, or choose another folder with --workspace."
  `)
})

test('an older database is copied, then brought forward one version at a time', () => {
  const file = join(temporaryFolder(), 'studio.sqlite')
  const old = openDatabase(file, ['CREATE TABLE a (x)'])
  old.exec('INSERT INTO a VALUES (1)')
  old.close()
  expect(existsSync(`${file}.backup-v1`)).toBe(false)
  const database = openDatabase(file, [
    'CREATE TABLE a (x)',
    'ALTER TABLE a ADD COLUMN y DEFAULT 2',
    'UPDATE a SET y = x + y',
  ])
  expect(database.prepare('SELECT * FROM a').all()).toEqual([{ x: 1, y: 3 }])
  expect(database.pragma('user_version', { simple: true })).toBe(3)
  database.close()
  const backup = new Database(`${file}.backup-v1`, { readonly: true })
  expect(backup.prepare('SELECT * FROM a').all()).toEqual([{ x: 1 }])
  backup.close()
})

test('of the copies made before migrations the newest two are kept, and the copy is named', () => {
  const file = join(temporaryFolder(), 'studio.sqlite')
  const migrations = ['CREATE TABLE a (x)', 'CREATE TABLE b (x)', 'CREATE TABLE c (x)', 'CREATE TABLE d (x)']
  const said: string[] = []
  for (const count of [1, 2, 3, 4])
    openDatabase(file, migrations.slice(0, count), (sentence) => said.push(sentence)).close()
  expect([1, 2, 3].map((version) => existsSync(`${file}.backup-v${version}`))).toEqual([false, true, true])
  expect(said.map((sentence) => sentence.split(': ').at(-1))).toEqual(
    [1, 2, 3].map((version) => `${file}.backup-v${version}`),
  )
})

test('a migration that fails leaves the database at the version before it', () => {
  const file = join(temporaryFolder(), 'studio.sqlite')
  expect(() => openDatabase(file, ['CREATE TABLE a (x)', 'CREATE TABLE b (x); no sql'])).toThrow('near "no"')
  const database = openDatabase(file, ['CREATE TABLE a (x)'])
  expect(database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all()).toEqual(['a'])
  database.close()
})

test('a damaged database is named with its cure', () => {
  const file = join(temporaryFolder(), 'studio.sqlite')
  writeFileSync(file, 'this is not a database, although it is long enough to look at')
  expect(refused(() => openDatabase(file), file)).toMatchInlineSnapshot(`
    "internal: The database <folder> is damaged: file is not a database.
    Rebuild it from the files of the workspace with the command \`reindex\`; nothing is lost."
  `)
})
