import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Folder of the videos that the tests read. Its name holds a hash of all that decides their bytes, so it never goes stale. */
export const videoFolder = join(tmpdir(), `mvd-studio-test-videos-${sourceHash()}`)

function sourceHash(): string {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${nodeAvVersion()}`)
  for (const name of readdirSync(import.meta.dirname).toSorted())
    hash.update(name).update(readFileSync(join(import.meta.dirname, name)))
  return hash.digest('hex').slice(0, 16)
}

function nodeAvVersion(): string {
  const lock: { packages: Record<string, { version?: string }> } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../../package-lock.json'), 'utf8'),
  )
  return lock.packages['node_modules/node-av']?.version ?? ''
}
