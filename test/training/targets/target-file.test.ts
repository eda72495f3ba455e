import { readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readTargets, targetBytes, writeTargets } from '#training/targets/target-file.ts'
import { temporaryFolder } from '../../main/support.ts'

const bits = Uint16Array.from({ length: 1001 }, (_, index) => index * 61)
const damaged = { damage: 'Their file is damaged (its checksum or its description differs).' }

/** Writes a byte of a file. */
function flip(path: string, at: number): void {
  const content = readFileSync(path)
  content[at] = content[at]! ^ 1
  writeFileSync(path, content)
}

test.each(['even', 'odd!!'])('what was written is read, with a description of any length (%s)', async (description) => {
  const path = join(temporaryFolder(), 'a.features')
  await writeTargets(path, description, bits)
  expect(statSync(path).size).toBe(targetBytes(description, bits.length))
  expect(await readTargets(path, description, bits.length, 0)).toEqual({ bits })
})

test('a file that is damaged anywhere, cut off, or of something else is not used', async () => {
  const path = join(temporaryFolder(), 'a.features')
  await writeTargets(path, 'one', bits)
  const { size } = statSync(path)
  for (const at of [0, 9, 13, 20, size - 5, size - 1]) {
    flip(path, at)
    expect(await readTargets(path, 'one', bits.length, 0)).toEqual(damaged)
    flip(path, at)
  }
  expect(await readTargets(path, 'one', bits.length, 0)).toEqual({ bits })
  expect(await readTargets(path, 'two', bits.length, 0)).toEqual(damaged)
  expect(await readTargets(path, 'one', bits.length - 1, 0)).toEqual(damaged)
  truncateSync(path, size - 2)
  expect(await readTargets(path, 'one', bits.length, 0)).toEqual(damaged)
  await writeTargets(path, 'one', bits)
  expect(await readTargets(path, 'one', bits.length, 0)).toEqual({ bits })
})

test('a missing file is no damage; a folder in its place is named', async () => {
  const folder = temporaryFolder()
  expect(await readTargets(join(folder, 'a.features'), 'one', 1, 0)).toEqual({ damage: undefined })
  expect(await readTargets(join(folder, 'b', 'a.features'), 'one', 1, 0)).toEqual({ damage: undefined })
  await expect(writeTargets(join(folder, 'b', 'a.features'), 'one', bits)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('reading notes the use; a failed writer leaves nothing', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'a.features')
  await writeTargets(path, 'one', bits)
  utimesSync(path, 1000, 1000)
  await readTargets(path, 'one', bits.length, 0)
  expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(60_000)
  await expect(writeTargets(folder, 'one', bits)).rejects.toThrow('EISDIR')
  expect(readdirSync(folder)).toEqual(['a.features'])
})
