import { existsSync } from 'node:fs'
import { open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Name of a folder while its successor takes its name. */
export const replacedName = (name: string): string => `.${name}.old`

/** Forces a file's bytes or a folder's entries to the disk. No operation on Windows, which cannot open folders. */
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
 * Renames a complete folder to `name` in `parent`. An existing folder of that name is first renamed to `replacedName` and
 * removed last, so that one of the two survives a crash at any moment (see `finishReplacements`).
 */
export async function replaceFolder(folder: string, parent: string, name: string): Promise<void> {
  const target = join(parent, name)
  const replaced = join(parent, replacedName(name))
  const replaces = existsSync(target)
  if (replaces) await rename(target, replaced)
  await rename(folder, target)
  await syncPath(parent)
  if (replaces) await rm(replaced, { recursive: true })
}

/** Completes replacements that a crash interrupted: restores a replaced folder unless its successor is in place. */
export async function finishReplacements(parent: string): Promise<void> {
  for (const entry of await readdir(parent)) {
    const name = /^\.(.+)\.old$/.exec(entry)?.[1]
    if (name === undefined) continue
    const replaced = join(parent, entry)
    if (existsSync(join(parent, name))) await rm(replaced, { recursive: true })
    else await rename(replaced, join(parent, name))
  }
}
