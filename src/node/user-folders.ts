import { homedir } from 'node:os'
import { join } from 'node:path'

const name = 'mvd-studio'

/** The studio's folder for files that can be made again at any time. */
export const cacheFolder = (): string => userFolder('XDG_CACHE_HOME', ['.cache'], 'Caches')

/** The studio's folder for files that belong to the user's installation: libraries that were installed on request. */
export const dataFolder = (): string => userFolder('XDG_DATA_HOME', ['.local', 'share'], 'Application Support')

/** As the XDG base directory specification, macOS and Windows (one local folder for both purposes) have them. */
function userFolder(variable: string, linux: readonly string[], macos: string): string {
  const given = process.env[variable]
  if (given !== undefined && given !== '') return join(given, name)
  if (process.platform === 'darwin') return join(homedir(), 'Library', macos, name)
  if (process.platform === 'win32')
    return join(process.env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), name)
  return join(homedir(), ...linux, name)
}
