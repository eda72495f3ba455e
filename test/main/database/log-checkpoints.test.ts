import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { LogCheckpoints } from '#main/database/log-checkpoints.ts'
import { openDatabase } from '#main/database/open.ts'
import { temporaryFolder } from '../support.ts'

const soon = { timeout: 20_000, interval: 20 }

/** A database with more in its log than is worth a checkpoint. */
function fullLog() {
  const file = join(temporaryFolder(), 'studio.sqlite')
  const database = openDatabase(file)
  const checkpoints = new LogCheckpoints(database)
  database.exec('CREATE TABLE filler (bytes BLOB)')
  const add = database.prepare('INSERT INTO filler VALUES (?)')
  for (let index = 0; index < 8; index++) add.run(Buffer.alloc(2 ** 20, index + 1))
  return { file, database, checkpoints, pages: () => Number(database.pragma('wal_autocheckpoint', { simple: true })) }
}

test('a thread copies a long log into the database, and is gone before the database is closed', async () => {
  const { file, database, checkpoints } = fullLog()
  expect(statSync(`${file}-wal`).size).toBeGreaterThan(8 * 2 ** 20)
  expect(statSync(file).size).toBeLessThan(2 ** 20)
  await vi.waitFor(() => expect(statSync(file).size).toBeGreaterThan(8 * 2 ** 20), soon)
  await checkpoints.dispose()
  database.close()
  expect(existsSync(`${file}-wal`)).toBe(false)
})

test('if the thread fails, statements make checkpoints as SQLite does', async () => {
  const { file, database, checkpoints, pages } = fullLog()
  expect(pages()).toBe(16_384)
  renameSync(file, `${file}.moved`)
  mkdirSync(file)
  await vi.waitFor(() => expect(pages()).toBe(1000), soon)
  await checkpoints.dispose()
  database.close()
})
