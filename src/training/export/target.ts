import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { StudioError, systemCode } from '#contract/api/errors.ts'
import type { CheckpointCard } from '#contract/domain/checkpoint.ts'
import { requirePortableName } from '#contract/portable-name.ts'
import { replaceFolder, syncPath } from '#node/durable-folder.ts'
import { hashFile } from '#node/hash.ts'
import { specialProblem } from '#node/regular-file.ts'

/** Target of an export. `folder` is the pattern of its file names if it is a folder. */
export interface Target {
  readonly path: string
  readonly folder: RegExp | undefined
  /** Whether an earlier export may be replaced. */
  readonly force: boolean
}

export type WrittenFiles = CheckpointCard['files']

/**
 * Writes an export into a temporary folder next to its target and moves it into place when `write` succeeds. A failure leaves no files and
 * replaces nothing.
 * @throws StudioError `not-found` if the parent folder does not exist, `already-exists` if the target cannot be replaced.
 */
export async function writeTo<T>(
  target: Target,
  write: (path: string) => Promise<T>,
): Promise<T & { files: WrittenFiles }> {
  const name = basename(target.path)
  requirePortableName(name)
  await requireFree(target, target.path)
  const staging = join(dirname(target.path), `.${name}.${process.pid}.tmp`)
  await mkdir(staging)
  try {
    const result = await write(join(staging, name))
    const files = await describe(target.folder === undefined ? staging : join(staging, name))
    await place(target, staging)
    return { ...result, files }
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

async function place(target: Target, staging: string): Promise<void> {
  const parent = dirname(target.path)
  const names = await readdir(staging)
  for (const name of names) await requireFree(target, join(parent, name))
  if (target.folder !== undefined)
    return await replaceFolder(join(staging, basename(target.path)), parent, basename(target.path))
  const placed: string[] = []
  try {
    // The requested file comes last: if it exists, the files that it refers to exist.
    for (const name of names.toSorted((a, b) => b.length - a.length)) {
      await rename(join(staging, name), join(parent, name))
      placed.push(name)
    }
  } catch (cause) {
    for (const name of placed) await rm(join(parent, name), { force: true })
    throw cause
  }
  await syncPath(parent)
}

async function requireFree({ folder, force }: Target, path: string): Promise<void> {
  const parent = dirname(path)
  if ((await kindOf(parent)) !== 'folder')
    throw new StudioError(
      'not-found',
      `There is no folder ${parent} to write ${basename(path)} into.`,
      'Create the folder, or choose another path.',
    )
  const kind = await kindOf(path)
  if (kind === 'nothing') return
  if (kind === 'folder' && folder === undefined)
    throw inTheWay(
      `${path} is a folder; this format needs the name of a file.`,
      'Add a file name, for example model.safetensors.',
    )
  if (kind === 'file' && folder !== undefined)
    throw inTheWay(`${path} is a file; this format needs the name of a folder.`, 'Choose another name.')
  if (!force)
    throw inTheWay(`The ${kind} ${path} exists.`, 'Choose another name, or replace it (--force on the command line).')
  const foreign = folder === undefined ? undefined : (await readdir(path)).find((name) => !folder.test(name))
  if (foreign !== undefined)
    throw inTheWay(
      `The folder ${path} contains ${foreign}, which is not part of an earlier export, so it is not replaced.`,
      'Choose another name, or remove the folder yourself.',
    )
}

const inTheWay = (message: string, hint: string) => new StudioError('already-exists', message, hint)

async function kindOf(path: string): Promise<'folder' | 'file' | 'nothing'> {
  try {
    const facts = await stat(path)
    const special = specialProblem(facts)
    if (special !== undefined) throw inTheWay(`${path} ${special}, not a file.`, 'Choose another name.')
    return facts.isDirectory() ? 'folder' : 'file'
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ENOTDIR') return 'nothing'
    throw cause
  }
}

async function describe(folder: string): Promise<WrittenFiles> {
  const files: WrittenFiles = []
  for (const name of (await readdir(folder)).toSorted()) {
    const path = join(folder, name)
    files.push({ name, sizeBytes: (await stat(path)).size, sha256: await hashFile(path) })
  }
  return files
}
