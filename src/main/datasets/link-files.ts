import { cpSync, linkSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Links a file or all files of a folder. A file that changes is written beside itself and renamed, so both names never share a change, and
 * a new version takes the time and the space of its own files alone.
 */
export function linkAll(from: string, to: string): void {
  if (!statSync(from).isDirectory()) return linkOrCopy(from, to)
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(from)) linkAll(join(from, name), join(to, name))
}

/** Some file systems have no links. */
export function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch {
    cpSync(from, to, { preserveTimestamps: true })
  }
}
