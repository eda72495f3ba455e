import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'

/** Paths of the studio's files, and its version. Paths are absolute. */
export interface Installation {
  root: string
  version: string
  resources: string
  /** Folder of the built window. */
  page: string
  /** Entry of a training child: the source if this process runs from source, otherwise the built file. */
  trainingEntry: string
}

const packageFile = z.object({ version: z.string() })

/** Finds the installation that this file belongs to, as a source or as part of the build. */
export function findInstallation(): Installation {
  const root = findRoot(import.meta.dirname)
  const { version } = packageFile.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')))
  const isSource = import.meta.filename.endsWith('.ts')
  return {
    root,
    version,
    resources: join(root, 'resources'),
    page: join(root, 'out', 'renderer'),
    trainingEntry: isSource ? join(root, 'src', 'training', 'main.ts') : join(root, 'out', 'main', 'training.js'),
  }
}

/** The default workspace. */
export const defaultWorkspace = (): string => join(homedir(), 'mvd-studio')

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  const parent = dirname(folder)
  if (parent === folder)
    throw new Error(`No folder above ${import.meta.dirname} has a package.json; the installation is incomplete.`)
  return findRoot(parent)
}
