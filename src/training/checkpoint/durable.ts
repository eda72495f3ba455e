import { existsSync } from 'node:fs'
import { open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Name of a folder that has stepped aside for its successor. */
export const asideName = (name: string): string => `.${name}.old`

/** Forces a file's bytes or a folder's entries to the disk. Windows cannot open folders and orders renames by itself. */
export async function syncPath(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Renames a finished folder to `name` in `parent`. A folder of that name steps aside first and is removed last, so that
 * one of the two can be found again after a crash at any moment (see `finishReplacements`).
 */
export async function moveIntoPlace(folder: string, parent: string, name: string): Promise<void> {
  const target = join(parent, name)
  const aside = join(parent, asideName(name))
  const replaces = existsSync(target)
  if (replaces) await rename(target, aside)
  await rename(folder, target)
  await syncPath(parent)
  if (replaces) await rm(aside, { recursive: true })
}

/** Completes replacements that a crash has cut off: brings back a folder that stepped aside, unless its successor arrived. */
export async function finishReplacements(parent: string): Promise<void> {
  for (const entry of await readdir(parent)) {
    const name = /^\.(.+)\.old$/.exec(entry)?.[1]
    if (name === undefined) continue
    const aside = join(parent, entry)
    if (existsSync(join(parent, name))) await rm(aside, { recursive: true })
    else await rename(aside, join(parent, name))
  }
}
