import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export type FoundElectron = { kind: 'found'; path: string } | { kind: 'missing'; reason: string }

/**
 * Looks for Electron's binary without asking for it: requiring the package would try to download it.
 * Honours `ELECTRON_OVERRIDE_DIST_PATH`, a folder that holds the binary.
 */
export function findElectron(root: string, environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): FoundElectron {
  if (platform === 'linux' && environment['DISPLAY'] === undefined && environment['WAYLAND_DISPLAY'] === undefined) {
    return { kind: 'missing', reason: 'There is no display for a window.' }
  }
  const folder = join(root, 'node_modules', 'electron')
  const pathFile = join(folder, 'path.txt')
  const override = environment['ELECTRON_OVERRIDE_DIST_PATH']
  const name = existsSync(pathFile)
    ? readFileSync(pathFile, 'utf8').trim()
    : override === undefined
      ? undefined
      : 'electron'
  if (name !== undefined) {
    const path = join(override ?? join(folder, 'dist'), name)
    if (existsSync(path)) return { kind: 'found', path }
  }
  return { kind: 'missing', reason: 'The binary of Electron is not installed ("npx install-electron" fetches it).' }
}
