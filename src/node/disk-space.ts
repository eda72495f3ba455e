import { statfsSync } from 'node:fs'

/** Bytes that this user may still write on the disk of a folder; undefined if the system does not say. */
export function freeBytes(folder: string): number | undefined {
  const { bavail, bsize, blocks } = statfsSync(folder)
  // Some network file systems report nothing.
  return blocks === 0 ? undefined : bavail * bsize
}
