import { existsSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'

/** Folder of the shared sample videos beside the project. */
export function sharedMedia(name: string): string {
  const folder = resolve('../shared/media', name)
  if (!existsSync(folder)) throw new Error(`This test reads the sample videos in ${folder}, which are not there.`)
  return folder
}

export function filesOf(folder: string): string[] {
  return readdirSync(folder).map((name) => resolve(folder, name))
}
