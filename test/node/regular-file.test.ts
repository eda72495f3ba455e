import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'
import { isSqlite } from '#main/interop/mlflow-reader.ts'
import { readRecords } from '#main/interop/record-reader.ts'
import { hashFile } from '#node/hash.ts'
import { readJson } from '#node/json-file.ts'
import { refuseSpecialFile } from '#node/regular-file.ts'
import { readUnicode } from '#node/text-file.ts'
import { openFileSource } from '#training/checkpoint/formats/byte-source.ts'
import { writeTo } from '#training/export/target.ts'

const folder = mkdtempSync(join(tmpdir(), 'mvd-pipe-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('files, folders and what is missing pass', () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  for (const path of [file, folder, join(folder, 'none')]) expect(refuseSpecialFile(path)).toBeUndefined()
})

// Each of these waited for ever, or for as much memory as there is.
test.skipIf(process.platform === 'win32')('every reader refuses a named pipe and a device at once', async () => {
  const pipe = join(folder, 'pipe')
  spawnSync('mkfifo', [pipe])
  for (const [path, problem] of [
    [pipe, 'is a named pipe'],
    ['/dev/zero', 'is a device'],
  ] as const) {
    expect(() => readUnicode(path)).toThrow(problem)
    expect(() => readJson(path, z.object({}))).toThrow(problem)
    await expect(hashFile(path)).rejects.toThrow(problem)
    await expect(openFileSource(path)).rejects.toThrow(problem)
    await expect(isSqlite(path)).rejects.toThrow(problem)
    await expect(readRecords(path, () => undefined)).rejects.toThrow(problem)
    await expect(writeTo({ path, folder: undefined, force: true }, async () => ({}))).rejects.toThrow(problem)
  }
})
